// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"sync"
	"sync/atomic"
)

// each acts on the numbers below n, twenty at once, until an action fails.
func each(n int, act func(i int) error) error {
	var next atomic.Int64
	var acting sync.WaitGroup
	failures := make([]error, 20)
	for worker := range failures {
		acting.Go(func() { // ends with the numbers
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if failures[worker] = act(i); failures[worker] != nil {
					next.Store(int64(n))
				}
			}
		})
	}
	acting.Wait()
	return errors.Join(failures...)
}
