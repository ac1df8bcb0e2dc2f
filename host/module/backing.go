// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"path/filepath"
	"reflect"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// leastCode is how much code, in bytes, is worth a file of its own.
const leastCode = 1 << 20

// backAfter is how long code that was unloaded before is in memory as a whole. Most
// of it goes again before, and to write it to the disk each time it comes takes
// longer than to load it.
const backAfter = 3 * time.Minute

// backing puts a file behind code in the background.
type backing struct {
	timer *time.Timer
	ended chan struct{} // closed when it is done
}

// backSoon puts a file behind the code of an instance, which wazero has read into
// memory as a whole: of the code of a Go guest a fifth ever runs. The code must
// not be closed before stop has returned.
func (c *Compiler) backSoon(instance api.Module, woken bool) *backing {
	text := codeOf(instance)
	if c.cache == nil || len(text) < leastCode {
		return nil
	}
	b := &backing{ended: make(chan struct{})}
	delay := time.Duration(0)
	if woken {
		delay = backAfter
	}
	b.timer = time.AfterFunc(delay, func() { // ends by itself; stop waits
		defer close(b.ended)
		if err := backByFile(text, filepath.Join(c.cache.dir, stageDir)); err != nil {
			c.warn("Compiled code is in memory as a whole: no file can stand behind it", err)
		}
	})
	return b
}

// stop ends what has not begun, and waits for what has.
func (b *backing) stop() {
	if b != nil && !b.timer.Stop() {
		<-b.ended
	}
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
