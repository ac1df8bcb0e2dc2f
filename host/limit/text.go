// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import "unicode/utf8"

// Text returns the text, or if it has more than limit bytes its beginning and
// "…", together at most limit bytes (but at least the "…"), and how many bytes
// were cut off. Characters stay whole.
func Text(text string, limit int) (string, int) {
	if len(text) <= limit {
		return text, 0
	}
	const mark = "…"
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark, len(text) - end
}
