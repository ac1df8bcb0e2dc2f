// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wcm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// aTest is the name of a test in a text.
	aTest = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`)
	// testsOfPackage is how SECURITY.md names tests: `host/grant` TestAllow, FuzzAllow.
	testsOfPackage = regexp.MustCompile("`([^`]+)` ((?:Test|Fuzz)[A-Z]\\w*(?:, (?:Test|Fuzz)[A-Z]\\w*)*)")
	// aPromise is a row of the table of promises.
	aPromise = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`)
)

// TestSecurityNamesTests checks that each promise of SECURITY.md names tests,
// and that they are in the packages in which it says they are.
func TestSecurityNamesTests(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, promises, _ := strings.Cut(string(page), "## What the sandbox promises")
	promises, _, found := strings.Cut(promises, "## What it does not promise")
	rows := aPromise.FindAllStringSubmatch(promises, -1)
	if !found || len(rows) < 2 {
		t.Fatal("SECURITY.md: got no table of promises")
	}
	for _, row := range rows[1:] { // behind the heads of the columns
		if !aTest.MatchString(row[2]) {
			t.Errorf("SECURITY.md: the promise %q names no test", row[1])
		}
	}
	checked := 0
	for _, names := range testsOfPackage.FindAllStringSubmatch(string(page), -1) {
		has := testsIn(t, names[1])
		for name := range strings.SplitSeq(names[2], ", ") {
			checked++
			if !has[name] {
				t.Errorf("SECURITY.md: %s has no %s", names[1], name)
			}
		}
	}
	if all := len(aTest.FindAllString(string(page), -1)); checked != all {
		t.Errorf("SECURITY.md: %d of %d tests stand behind a package, want all", checked, all)
	}
}

// testsIn returns the names of the functions in the test files of a folder.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
