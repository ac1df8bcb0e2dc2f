// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"errors"
	"strings"
)

// ParseSelector reads a selector in the syntax of kubectl, what
// [Selector.String] writes: "app=web,tier in (a,b),!canary". Empty text
// selects everything.
func ParseSelector(text string) (Selector, error) {
	var s Selector
	for rest := strings.TrimSpace(text); rest != ""; {
		one, behind := cutRequirement(rest)
		requirement, ok := parseRequirement(strings.TrimSpace(one))
		if !ok {
			return Selector{}, errors.New("selector " + text + ": expected key, !key, key=value, key!=value, key in (a,b) or key notin (a,b), not " + one)
		}
		s.requirements = append(s.requirements, requirement)
		rest = behind
	}
	return s, nil
}

// cutRequirement cuts at the first comma outside of parentheses.
func cutRequirement(s string) (one, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func parseRequirement(s string) (r Requirement, ok bool) {
	if key, negated := strings.CutPrefix(s, "!"); negated {
		return keyed(key, DoesNotExist)
	}
	if values, set := strings.CutSuffix(s, ")"); set {
		head, values, _ := strings.Cut(values, "(")
		key, operator, _ := strings.Cut(strings.TrimSpace(head), " ")
		r, ok = keyed(key, map[string]Operator{"in": In, "notin": NotIn}[strings.TrimSpace(operator)])
		for value := range strings.SplitSeq(values, ",") {
			r.Values = append(r.Values, strings.TrimSpace(value))
		}
		return r, ok && r.Operator != ""
	}
	for _, sign := range []string{"!=", "==", "="} {
		key, value, found := strings.Cut(s, sign)
		if !found {
			continue
		}
		operator := In
		if sign == "!=" {
			operator = NotIn
		}
		r, ok = keyed(key, operator)
		r.Values = []string{strings.TrimSpace(value)}
		return r, ok
	}
	return keyed(s, Exists)
}

func keyed(key string, operator Operator) (Requirement, bool) {
	key = strings.TrimSpace(key)
	return Requirement{Key: key, Operator: operator}, key != "" && !strings.ContainsAny(key, " ()=!,")
}
