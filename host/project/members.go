// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

// Members visits the members of a JSON object with the text of each name, as
// it stands between its quotes, and of its value. It reports whether the whole
// text is one object, which may be known only after some visits. Nothing is
// decoded: a name may have escapes, and come twice.
func Members(text []byte, visit func(name, value []byte)) bool {
	var open nesting
	c, i := token(text, 0)
	if c != '{' {
		return false
	}
	if c, i = token(text, i+1); c == '}' {
		return skipSpace(text, i+1) == len(text)
	}
	for {
		start := i
		if i = skipKey(text, i); i < 0 {
			return false
		}
		name := text[start+1 : skipString(text, start+1)-1]
		_, i = token(text, i)
		end := skipValue(text, i, &open)
		if end < 0 {
			return false
		}
		visit(name, text[i:end])
		if c, i = token(text, end); c == '}' {
			return skipSpace(text, i+1) == len(text)
		}
		if c != ',' {
			return false
		}
		_, i = token(text, i+1)
	}
}
