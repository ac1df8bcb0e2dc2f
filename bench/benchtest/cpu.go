// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"syscall"
	"testing"
)

// Meter begins to measure the CPU time of the whole process: the collector's
// and that of every goroutine as well, which wall time hides. report ends it
// and reports wall and CPU time per unit, of which each iteration has so many.
func Meter(b *testing.B) (report func(perIteration int, unit string)) {
	b.Helper()
	b.ReportAllocs()
	before := cpu(b)
	return func(perIteration int, unit string) {
		b.Helper()
		units := float64(b.N * perIteration)
		b.ReportMetric(float64(cpu(b)-before)/units, "cpu-ns/"+unit)
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/units, "ns/"+unit)
	}
}

// cpu returns the CPU time of the process in nanoseconds.
func cpu(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
