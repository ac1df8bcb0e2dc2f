// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// TestMain makes the test binary the program itself when it is called by the
// program's name, as scripts and the tests of processes do.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){name: main}) }

// update lets the scripts write what they got over their golden files.
var update = flag.Bool("update", false, "rewrite the golden files of the scripts")

// TestScripts runs the command line as people do. No script needs a cluster.
func TestScripts(t *testing.T) {
	fixtures := filepath.Join(hosttest.Root(), "host", "guest", "testdata")
	minimal, err := os.ReadFile(filepath.Join(fixtures, "minimal.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	plugin := filepath.Join(folder, hosttest.PlaceController(t, "replicationcontroller", folder)+".wasm")
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "general": general},
		Condition: func(condition string) (bool, error) {
			if condition != "embedded" {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			_, err := plugins.Module()
			return err == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			e.Setenv("PLUGIN", plugin)
			e.Setenv("CACHE_DIRECTORY", filepath.Join(e.WorkDir, "cache"))
			return errors.Join(
				os.WriteFile(filepath.Join(e.WorkDir, "truncated.wasm"), minimal[:100], 0o600),
				os.WriteFile(filepath.Join(e.WorkDir, "bomb.wasm"), moduletest.Plugin(moduletest.Bombs(1000)...).Bytes(), 0o600))
		},
	})
}

// exits runs a program that must end with an exit code: "exits CODE PROGRAM ARGUMENTS…".
func exits(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENTS…")
	}
	err := ts.Exec(arguments[1], arguments[2:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || fmt.Sprint(exit.ExitCode()) != arguments[0] {
		ts.Fatalf("%v: ended with %v, want exit code %s", arguments[1:], err, arguments[0])
	}
}

// general keeps of a help in stdout what does not depend on which controllers
// there are, in the file that it names.
func general(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 1 {
		ts.Fatalf("usage: general FILE")
	}
	section := regexp.MustCompile(`(?m)^[A-Z][a-z-]*-controller flags:\n\n(.+\n)+\n`)
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), section.ReplaceAll([]byte(ts.ReadFile("stdout")), nil), 0o600))
}
