package main

import "github.com/anishathalye/porcupine"

// The newest version of a workflow; 0 before it is made.
type workflow struct {
	Version int
	Content string
}

var workflows = porcupine.NondeterministicModel{
	Init: func() []interface{} { return []interface{}{workflow{}} },
	Step: func(state, input, output interface{}) []interface{} {
		return state.(workflow).after(input.(Input), output.(Output))
	},
}

// after gives the states that an operation leads to; none where it can't be answered so.
func (one workflow) after(asked Input, answer Output) []interface{} {
	changed := workflow{Version: one.Version + 1, Content: asked.Content}
	takes := asked.IfVersion == 0 || asked.IfVersion == one.Version
	switch asked.Do {
	case "create":
		return when(one.Version == 0 && answer.Code == 200, changed)
	case "put":
		if answer.Code == 0 && takes {
			return []interface{}{one, changed}
		}
		if answer.Code == 0 {
			return when(true, one)
		}
		if answer.Code == 412 {
			return when(!takes, one)
		}
		return when(answer.Code == 200 && takes && answer.Version == changed.Version, changed)
	case "read":
		return when(answer.Version == one.Version && answer.Content == one.Content, one)
	case "trigger":
		// A run has the version that was the newest when it was stored.
		return when(answer.Version == one.Version, one)
	}
	return []interface{}{}
}
