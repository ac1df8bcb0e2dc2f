// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

// rawHasField reports whether JSON text is an object with a member of the
// name, which is written without escapes.
func rawHasField(text, name string) bool {
	depth, key := 0, false // key: the next string at depth 1 is a name
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
			key = text[i] == '{'
		case '}', ']':
			depth--
		case ',':
			key = true
		case ':':
			key = false
		case '"':
			end := stringEnd(text, i)
			if key && depth == 1 && text[i+1:end] == name {
				return true
			}
			i = end
		}
	}
	return false
}

// stringEnd returns the position of the quote that ends the string at start,
// or the end of the text.
func stringEnd(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}
