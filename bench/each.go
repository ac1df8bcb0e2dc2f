// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"sync"
)

// each acts on the numbers below n, twenty at once.
func each(n int, act func(i int) error) error {
	numbers, failures := make(chan int), make(chan error, n)
	var acting sync.WaitGroup
	for range 20 {
		acting.Go(func() { // ends with numbers
			for i := range numbers {
				failures <- act(i)
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	acting.Wait()
	close(failures)
	var err error
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return err
}
