// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"path/filepath"
	"reflect"
	"runtime"

	"github.com/tetratelabs/wazero/api"
)

// leastCode is how much code, in bytes, is worth a file of its own.
const leastCode = 1 << 20

// back puts a file behind the code of an instance, which wazero has read into
// memory as a whole. Of the code of a Go guest a fifth ever runs.
func (c *Compiler) back(instance api.Module) {
	code := codeOf(instance)
	if c.cache == nil || len(code) < leastCode {
		return
	}
	if err := backByFile(code, filepath.Join(c.cache.dir, stageDir)); err != nil {
		c.warn("Compiled code is in memory as a whole: no file can stand behind it", err)
	}
	runtime.KeepAlive(instance) // whose finalizer unmaps it
}

// codeOf returns the code that wazero has mapped for an instance, nil if it
// cannot be seen. wazero has neither a setting for the mapping nor a method
// that tells of it; fields are all there is. TestCodeIsBacked fails when they go
// away.
func codeOf(instance api.Module) []byte {
	v := reflect.ValueOf(instance)
	for _, field := range []string{"Engine", "parent", "executable"} {
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return nil
		}
		v = v.FieldByName(field)
	}
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Uint8 {
		return nil
	}
	return v.Bytes()
}
