// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// NameCreated works out what an object will be called that a request creates:
// Name of the request, or what the API server makes of the generateName that it
// returns, or neither. Body and request must not name two objects; where one of
// them is silent it gets the name. A body in which a reader could see another
// name is written anew, so that it has each name once. The error is a
// [RequestError].
func NameCreated(w *abi.WriteRequest) (generateName string, err error) {
	name, generateName, plain := plainNames(w.Body)
	if plain && (name == w.Name || w.Name == "") {
		if w.Name = name; name != "" {
			generateName = ""
		}
		return generateName, nil
	}
	generateName, err = nameCreated(w)
	if err != nil {
		return "", &RequestError{Cause: err}
	}
	return generateName, nil
}

func nameCreated(w *abi.WriteRequest) (generateName string, err error) {
	o, err := parseObject(w.Body)
	if err != nil {
		return "", err
	}
	metadata, err := parseObject(o["metadata"])
	if err != nil {
		return "", fmt.Errorf("metadata: %w", err)
	}
	var name string
	if err := errors.Join(metadata.text("name", &name), metadata.text("generateName", &generateName)); err != nil {
		return "", err
	}
	if name != "" && w.Name != "" && name != w.Name {
		return "", fmt.Errorf("the body names %q and the request %q", name, w.Name)
	}
	w.Name = cmp.Or(w.Name, name)
	if w.Name != "" {
		metadata.set("name", w.Name)
		generateName = ""
	}
	o.set("metadata", metadata)
	w.Body, err = json.Marshal(o)
	return generateName, err
}

// text reads a string, which may be absent.
func (o object) text(key string, into *string) error {
	if o[key] == nil {
		return nil
	}
	if err := json.Unmarshal(o[key], into); err != nil {
		return fmt.Errorf("metadata.%s: %w", key, err)
	}
	return nil
}

// plainNames returns the names in the metadata of a body, "" for one that is
// not there. plain means that no reader can see anything else in it: what has a
// part in them comes once, in this spelling, and has no escapes.
func plainNames(body []byte) (name, generateName string, plain bool) {
	var top [1][]byte
	var names [2][]byte
	if !plainMembers(body, top[:], "metadata") || !plainMembers(top[0], names[:], "name", "generateName") {
		return "", "", false
	}
	name, named := plainText(names[0])
	generateName, prefixed := plainText(names[1])
	return name, generateName, named && prefixed
}

// plainMembers finds the values of members of an object. It returns false if
// the text is no object or if one of the names, as any reader may understand
// them, comes twice.
func plainMembers(text []byte, values [][]byte, names ...string) bool {
	plain := true
	whole := project.Members(text, func(key, value []byte) {
		if bytes.IndexByte(key, '\\') >= 0 {
			plain = false
		}
		for i, name := range names {
			if string(key) == name && values[i] == nil {
				values[i] = value
			} else if bytes.EqualFold(key, []byte(name)) {
				plain = false
			}
		}
	})
	return whole && plain
}

// plainText returns a string of ASCII without escapes, "" if there is no value.
func plainText(value []byte) (text string, plain bool) {
	if value == nil {
		return "", true
	}
	if value[0] != '"' {
		return "", false
	}
	value = value[1 : len(value)-1]
	for _, c := range value {
		if c >= 0x80 || c == '\\' {
			return "", false
		}
	}
	return string(value), true
}
