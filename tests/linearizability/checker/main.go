// Reads a history, one JSON object a line, and says whether some order of its operations explains all answers:
// each operation takes effect at one moment between its call and its return, and the rules of `run.go` and `workflow.go` hold.
// Ends with 0 where there is one, 1 where there is none, 2 where it can't tell.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Of one run or workflow.
const longest = 60 * time.Second

// Operation is a line of the history.
type Operation struct {
	Client int    `json:"client"`
	Object string `json:"object"`
	Call   int64  `json:"call"`
	// Absent where no answer came: it took effect at any time after its call, or never.
	Return *int64 `json:"return"`
	Input  Input  `json:"input"`
	Output Output `json:"output"`
}

// Input is what was asked for.
type Input struct {
	Do string `json:"do"`
	// The `If-Match` of a put; 0 without.
	IfVersion int `json:"if_version"`
	// The content that a put gives.
	Content string `json:"content"`
}

// Output is what was answered.
type Output struct {
	// Of HTTP; 0 where no answer came.
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Version int    `json:"version"`
	Content string `json:"content"`
}

func main() {
	objects, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	names := make([]string, 0, len(objects))
	for name := range objects {
		names = append(names, name)
	}
	sort.Strings(names)
	code := 0
	for _, name := range names {
		result := porcupine.CheckOperationsTimeout(modelOf(name), objects[name], longest)
		if result == porcupine.Ok {
			continue
		}
		fmt.Printf("%s: %s of %d operations\n", name, strings.ToLower(string(result)), len(objects[name]))
		if result == porcupine.Illegal {
			code = 1
		} else if code == 0 {
			code = 2
		}
	}
	os.Exit(code)
}

// read gives the operations by their objects.
func read(file *os.File) (map[string][]porcupine.Operation, error) {
	objects := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one Operation
		decoder := json.NewDecoder(strings.NewReader(lines.Text()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&one); err != nil {
			return nil, fmt.Errorf("%w in %s", err, lines.Text())
		}
		end := int64(math.MaxInt64)
		if one.Return != nil {
			end = *one.Return
		}
		objects[one.Object] = append(objects[one.Object], porcupine.Operation{
			ClientId: one.Client, Input: one.Input, Call: one.Call, Output: one.Output, Return: end,
		})
	}
	return objects, lines.Err()
}

// modelOf gives the rules of an object such as run:01900000-… or workflow:01900000-….
func modelOf(object string) porcupine.Model {
	if strings.HasPrefix(object, "run:") {
		return runs.ToModel()
	}
	return workflows.ToModel()
}
