// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package confine_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
)

// deeds are what a confined process of the tests can do.
var deeds = map[string]func() error{
	"length": func() error {
		n, err := io.Copy(io.Discard, os.Stdin)
		fmt.Fprint(os.Stdout, n)
		return err
	},
	"hang": hang,
	"spin": spin,
	"work for a second": func() error {
		if _, err := confine.Enter(confine.Limits{CPU: time.Second}); err != nil {
			return err
		}
		return spin()
	},
	"eat": func() error {
		if _, err := confine.Enter(confine.Limits{Memory: 256 << 20}); err != nil {
			return err
		}
		for eaten := [][]byte{}; ; {
			eaten = append(eaten, bytes.Repeat([]byte{1}, 16<<20))
		}
	},
	"be killed": func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) },
	"panic":     func() error { panic("at the disco") },
	"fail silently": func() error {
		os.Exit(7)
		return nil
	},
	"chatter": func() error {
		_, err := os.Stdout.WriteString(strings.Repeat("bla ", 1000))
		return err
	},
	"complain": func() error {
		for range 10_000 {
			fmt.Fprint(os.Stderr, "oh no, ")
		}
		os.Exit(1)
		return nil
	},
	"environment": func() error {
		fmt.Fprint(os.Stdout, strings.Join(os.Environ(), "\n"))
		return nil
	},
	"directory": func() error {
		dir, err := os.Getwd()
		fmt.Fprint(os.Stdout, dir)
		return err
	},
	"descriptors": func() error {
		entries, err := os.ReadDir("/proc/self/fd")
		for _, e := range entries {
			target, _ := os.Readlink("/proc/self/fd/" + e.Name())
			fmt.Fprintln(os.Stdout, e.Name(), target)
		}
		return err
	},
}

// hang does nothing for longer than any test takes.
func hang() error {
	<-time.After(time.Hour)
	return nil
}

func act(what string) int {
	if err := deeds[what](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func spin() error {
	for x := uint32(1); x != 0; x = x*1664525 + 1013904223 | 1 {
	}
	return nil
}
