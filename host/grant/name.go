// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/wasm-controller-manager/wcm/abi"
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

// CheckResource returns an error if a target cannot be a part of a URL, or
// would lead to other resources than its own: "pods/status", "../secrets",
// "watch". The subresource is that of the request and may be empty.
func CheckResource(t *abi.Target, subresource string) error {
	switch {
	case wrongGroup(t.Group) != "" || t.Group == all:
		return fmt.Errorf("group %s: expected a DNS name", abridged(t.Group))
	case !isLabel(t.Version):
		return fmt.Errorf("version %s: expected a DNS label", abridged(t.Version))
	case !isLabel(t.Resource):
		return fmt.Errorf("resource %s: expected a plural name in lower case", abridged(t.Resource))
	case t.Resource == "watch" || t.Resource == "proxy":
		return fmt.Errorf("resource %s: is a path of the API that leads to other resources", t.Resource)
	case t.Group == "" && t.Resource == "namespaces" && !PartOfNamespace(subresource):
		return fmt.Errorf("subresource %s: leads to the objects in the namespace, expected those resources", abridged(subresource))
	case strings.ContainsFunc(t.Kind, func(r rune) bool { return !isPrint(r) }) || len(t.Kind) > maxName:
		return fmt.Errorf("kind %s: expected a word", abridged(t.Kind))
	}
	return nil
}

// PartOfNamespace reports whether a subresource, which may be empty, is one of a
// namespace. What else stands behind its name in a URL are the resources in it.
func PartOfNamespace(subresource string) bool {
	return subresource == "" || subresource == "status" || subresource == "finalize"
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
