// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"fmt"
	"strings"
	"unicode"
)

// maxName is the length of the longest name of an object.
const maxName = 253

// CheckTarget returns an error if the namespace, the name or the subresource of
// a request cannot be a part of a URL, where "../" or "a/b" would lead to
// another object than the one that was granted. All of them may be empty.
func CheckTarget(namespace, name, subresource string) error {
	if namespace != "" && !isLabel(namespace) {
		return fmt.Errorf("namespace %s: expected a DNS label", abridged(namespace))
	}
	if subresource != "" && !isLabel(subresource) {
		return fmt.Errorf("subresource %s: expected a word in lower case", abridged(subresource))
	}
	if why := unfit(name); why != "" {
		return fmt.Errorf("name %s: %s", abridged(name), why)
	}
	return nil
}

// unfit says why a text is no name of an object, which Kubernetes lets be
// any segment of a path.
func unfit(name string) string {
	switch {
	case name == "." || name == "..":
		return "is a path, not a name"
	case strings.ContainsAny(name, "/%?#\\"):
		return "has a character that means something in a URL"
	case len(name) > maxName:
		return fmt.Sprintf("has %d bytes, names have %d at most", len(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !isPrint(r) }):
		return "has a character that cannot be printed"
	}
	return ""
}

// isLabel reports whether s is a DNS label (RFC 1123).
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// abridged quotes a text of which a guest could make any length.
func abridged(text string) string {
	const most = 64
	if len(text) > most {
		return quote(text[:most]) + "…"
	}
	return quote(text)
}

// isPrint is false for what stands for bytes that are not UTF-8, as well.
func isPrint(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }
