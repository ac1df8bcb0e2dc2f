// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package confine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// niceness is the priority of the work: behind everything that is urgent.
const niceness = 5

// Enter gives up what the work does not need, for the rest of the process and
// all its threads: more than its limits, the network, other programs, its
// priority. The main function of the process calls it before it reads any
// input. The error is why a limit cannot be set: then nothing must be worked
// on. Missing is what else this machine does not offer; the work can be done.
func Enter(l Limits) (missing []error, err error) {
	if err := l.set(); err != nil {
		return nil, err
	}
	if l.Memory > 0 {
		debug.SetMemoryLimit(l.Memory / 4 * 3) // collect garbage rather than fail
	}
	for _, give := range [...]struct {
		up string
		do func() error
	}{
		{"its network", denyCalls},
		{"its priority", beNice},
		{"its protection from the kernel's out-of-memory killer", beFirstToDie},
	} {
		if err := give.do(); err != nil {
			missing = append(missing, fmt.Errorf("%s: %w", give.up, err))
		}
	}
	return missing, nil
}

func (l Limits) set() error {
	var memory uint64
	if l.Memory > 0 {
		now, err := addressSpace()
		if err != nil {
			return err
		}
		memory = now + uint64(l.Memory)
	}
	for _, r := range [...]struct {
		name     string
		resource int
		value    uint64
		always   bool
	}{
		{"address space", unix.RLIMIT_AS, memory, false},
		{"CPU time", unix.RLIMIT_CPU, uint64(math.Ceil(l.CPU.Seconds())), false},
		{"file size", unix.RLIMIT_FSIZE, uint64(l.FileSize), false},
		{"open files", unix.RLIMIT_NOFILE, uint64(l.Files), false},
		{"core file", unix.RLIMIT_CORE, 0, true},
	} {
		if r.value == 0 && !r.always {
			continue
		}
		if err := lower(r.resource, r.value); err != nil {
			return fmt.Errorf("limit of %s: %w", r.name, err)
		}
	}
	return nil
}

// lower sets a limit that can never be raised again, unless it is lower already.
func lower(resource int, value uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(resource, &now); err != nil {
		return err
	}
	value = min(value, now.Cur, now.Max)
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value})
}

// addressSpace is what the process has reserved, which for a Go program is
// more than a gigabyte before it does anything.
func addressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("size of the process: %w", err)
	}
	pages, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseUint(pages, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("size of the process: %w", err)
	}
	return n * uint64(os.Getpagesize()), nil
}

// beNice lowers the priority of each thread; those that come inherit it.
func beNice() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	var problems []error
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = unix.Setpriority(unix.PRIO_PROCESS, id, niceness)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// beFirstToDie tells the kernel that this process is worth less than the one
// that started it.
func beFirstToDie() error {
	return os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
}
