// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/binary"
	"strconv"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// MalformedError reports an object that is not what its encoding asks for.
type MalformedError struct {
	Path   string // the innermost field of the shape around the place, empty for the object
	Offset int    // in bytes, in the object
	Cause  string
}

// Error names the place and the cause.
func (e *MalformedError) Error() string {
	where := "object"
	if e.Path != "" {
		where = "field " + e.Path
	}
	return where + ", byte " + strconv.Itoa(e.Offset) + ": " + e.Cause
}

func appendHeader(dst, namespace, name, uid, version []byte) []byte {
	dst = record.AppendString(dst, namespace)
	dst = record.AppendString(dst, name)
	dst = record.AppendString(dst, uid)
	v, err := parseVersion(version)
	if err != nil {
		v = 0
	}
	return binary.AppendUvarint(dst, v)
}

// parseVersion reads a resource version; none is 0.
func parseVersion(text []byte) (uint64, error) {
	if len(text) == 0 {
		return 0, nil
	}
	return strconv.ParseUint(string(text), 10, 64)
}
