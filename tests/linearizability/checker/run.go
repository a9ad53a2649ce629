package main

import "github.com/anishathalye/porcupine"

// A run that waits for a signal and then succeeds: what has been asked of it, and how it ended.
type run struct {
	Exists    bool
	Signalled bool
	Cancelled bool
	// "success" or "cancelled"; empty before.
	Ended string
}

var runs = porcupine.NondeterministicModel{
	Init: func() []interface{} { return []interface{}{run{}} },
	Step: func(state, input, output interface{}) []interface{} {
		next := []interface{}{}
		for _, one := range state.(run).comings() {
			next = append(next, one.after(input.(Input).Do, output.(Output))...)
		}
		return next
	},
}

// comings gives what it may have become by itself: it ends at any time once it was asked to.
func (one run) comings() []run {
	states := []run{one}
	if one.Ended != "" {
		return states
	}
	if one.Signalled {
		ended := one
		ended.Ended = "success"
		states = append(states, ended)
	}
	if one.Cancelled {
		ended := one
		ended.Ended = "cancelled"
		states = append(states, ended)
	}
	return states
}

// after gives the states that an operation leads to; none where it can't be answered so.
func (one run) after(do string, answer Output) []interface{} {
	same := []interface{}{one}
	none := []interface{}{}
	if answer.Code == 404 {
		return when(!one.Exists, one)
	}
	switch do {
	case "trigger":
		made := run{Exists: true}
		return when(!one.Exists && answer.Code == 200, made)
	case "read":
		isEnded := answer.Status == "success" || answer.Status == "cancelled"
		isUnderWay := answer.Status == "pending" || answer.Status == "running"
		return when(one.Exists && (isEnded && one.Ended == answer.Status || isUnderWay && one.Ended == ""), one)
	case "signal":
		asked := one
		asked.Signalled = true
		if answer.Code == 0 && one.Exists && one.Ended == "" {
			return []interface{}{one, asked}
		}
		if answer.Code == 0 {
			return same
		}
		if answer.Code == 409 {
			return when(one.Ended != "", one)
		}
		return when(answer.Code == 200 && one.Exists && one.Ended == "", asked)
	case "cancel":
		asked := one
		asked.Cancelled = true
		ended := asked
		ended.Ended = "cancelled"
		if answer.Code == 0 && one.Exists && one.Ended == "" {
			return []interface{}{one, asked, ended}
		}
		if answer.Code == 0 {
			return same
		}
		if answer.Code == 409 {
			return when(one.Ended == "success", one)
		}
		if answer.Code == 200 && answer.Status == "cancelled" {
			return when(one.Exists && one.Ended != "success", ended)
		}
		return when(answer.Code == 202 && one.Exists && one.Ended == "", asked)
	}
	return none
}

func when(so bool, state interface{}) []interface{} {
	if so {
		return []interface{}{state}
	}
	return []interface{}{}
}
