// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package wcm_test holds the conventions of the whole repository: which
// package may import which, that every package says what it is, and that
// every file carries its licence.
package wcm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/wasm-controller-manager/wcm"

// arrow restricts what the packages below a folder may import.
type arrow struct {
	folder string
	// except are folders below it to which the arrow does not apply.
	except []string
	// only lists prefixes of import paths outside of the standard library
	// that are allowed; nil allows everything that never does not forbid.
	only []string
	// never lists prefixes that are forbidden.
	never []string
	// tests says that the arrow binds test files as well.
	tests  bool
	reason string
}

var arrows = []arrow{
	{
		folder: "abi", except: []string{"abi/abitest"}, only: []string{modulePath + "/abi"},
		reason: "the contract stands alone: guests of any toolchain compile it",
	},
	{
		folder: "abi/abitest", only: []string{modulePath + "/abi", "github.com/tetratelabs/wazero", "github.com/google/go-cmp", "golang.org/x/tools/txtar"},
		reason: "the conformance kit is for hosts and guests that are not ours, too",
	},
	{
		folder: "sdk", except: []string{"sdk/sdktest"}, only: []string{modulePath + "/abi", modulePath + "/sdk"},
		reason: "everything that the sdk imports is compiled into every plugin",
	},
	{
		folder: "sdk/sdktest", only: []string{modulePath + "/abi", modulePath + "/sdk", "github.com/google/go-cmp"},
		reason: "plugin authors test without Kubernetes and without wasm",
	},
	{
		folder: "plugins", only: []string{modulePath + "/sdk", modulePath + "/plugins"},
		reason: "a plugin sees the sdk and nothing of the host",
	},
	{
		folder: "plugins", except: []string{"plugins/bundle"}, never: []string{modulePath + "/plugins/bundle"},
		reason: "what embeds the controllers does not link them",
	},
	{
		folder: "examples", only: []string{modulePath + "/sdk", modulePath + "/examples"},
		reason: "an example shows what an author may use",
	},
	{
		folder: "host/fence", only: []string{"golang.org/x/sys"},
		reason: "what holds back every write depends on nothing that writes",
	},
	{
		folder: "host/project", only: []string{modulePath + "/abi/record"},
		reason: "projections are pure: bytes in, bytes out",
	},
	{
		folder: "host/graph", only: []string{modulePath + "/abi", modulePath + "/host/project", modulePath + "/host/store", "k8s.io"},
		reason: "the graph says who owns whom, whoever asks",
	},
	{
		folder: "host/wasm", only: []string{modulePath + "/host/wasm"},
		reason: "the decoder stands before everything that trusts a module; it trusts nothing but itself",
	},
	{
		folder: "host/limit", only: []string{},
		reason: "limits count and decide; they know neither what is limited nor who",
	},
	{
		folder: "host/fair", only: []string{modulePath + "/host/limit"},
		reason: "who is next is decided without knowing requests, guests or plugins",
	},
	{
		folder: "host/meter", only: []string{modulePath + "/host/wasm"},
		reason: "metering is pure: a module in, a module out",
	},
	{
		folder: "host/outside", only: []string{modulePath + "/abi", modulePath + "/host/fence", modulePath + "/host/grant"},
		reason: "what reaches the internet for a guest is small enough to be read in one sitting",
	},
	{
		folder: "host/sign", only: []string{
			modulePath + "/abi", "github.com/go-jose/go-jose/v4", "k8s.io/client-go/util/keyutil", "sigs.k8s.io/json",
		},
		reason: "what holds private keys knows nothing of those who sign with them",
	},
	{
		folder: "host/grant", only: []string{modulePath + "/abi"},
		reason: "what a plugin may do is decided without I/O, and without those who carry it out",
	},
	{
		folder: "host/manifest", only: []string{modulePath + "/host/grant", "k8s.io/apimachinery", "sigs.k8s.io/yaml"},
		reason: "the operator's file is read without those who enforce it",
	},
	{
		folder: "host/control", only: []string{
			modulePath + "/host/control", modulePath + "/host/metric", modulePath + "/abi",
			"github.com/prometheus/client_golang",
		},
		reason: "the queue and its decisions know neither wasm nor clients",
	},
	{
		folder: "host/health", only: []string{},
		reason: "when to go back or to let alone is decided from counts and times alone",
	},
	{
		folder: "host/archive", only: []string{modulePath + "/host/module"},
		reason: "the archive keeps files; what good means is not its business",
	},
	{
		folder: "host/module/confine", only: []string{"golang.org/x/sys/unix"},
		reason: "what confines a process does not know its work",
	},
	{
		folder: "host", except: []string{"host/module", "host/guest"},
		never:  []string{"github.com/tetratelabs/wazero", "github.com/extism"},
		reason: "the wasm runtime stays behind host/module and host/guest",
	},
	{
		folder: "cmd", except: []string{"cmd/control-plane"},
		never:  []string{"github.com/tetratelabs/wazero", "github.com/extism"},
		reason: "the wasm runtime stays behind host/module and host/guest",
	},
	{
		folder: "host", never: []string{modulePath + "/cmd", modulePath + "/sdk", modulePath + "/plugins", modulePath + "/examples"},
		reason: "the host is linked by commands and serves plugins; it knows neither",
	},
	{
		folder: "host/hosttest/controlplane/bootstrap", only: []string{},
		reason: "the nested module of the control plane builds it with Kubernetes' dependencies",
	},
	{
		folder: ".", except: []string{"cmd/control-plane", "cmd/conformance/e2e"}, never: []string{"k8s.io/kubernetes/"}, tests: true,
		reason: "k8s.io/kubernetes needs replace directives, so it lives in a nested module",
	},
}

func TestImportArrows(t *testing.T) {
	used := make([]bool, len(arrows))
	for file, tree := range sources(t) {
		for i := range arrows {
			a := &arrows[i]
			if !a.binds(file) {
				continue
			}
			used[i] = true
			for _, spec := range tree.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				if !a.allows(path) {
					t.Errorf("%s imports %s, which %s must not: %s", file, path, a.folder, a.reason)
				}
			}
		}
	}
	for i, a := range arrows {
		if !used[i] {
			t.Errorf("the arrow for %s binds no file: is the folder gone?", a.folder)
		}
	}
}

func (a *arrow) binds(file string) bool {
	if strings.HasSuffix(file, "_test.go") && !a.tests {
		return false
	}
	return within(file, a.folder) && !slices.ContainsFunc(a.except, func(e string) bool { return within(file, e) })
}

func within(file, folder string) bool {
	return folder == "." || strings.HasPrefix(file, folder+"/")
}

func (a *arrow) allows(path string) bool {
	matches := func(prefix string) bool {
		return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
	}
	if slices.ContainsFunc(a.never, matches) {
		return false
	}
	first, _, _ := strings.Cut(path, "/")
	standard := !strings.Contains(first, ".")
	return standard || a.only == nil || slices.ContainsFunc(a.only, matches)
}

// TestEveryPackageSaysWhatItIs wants one package comment for each package.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := map[string]bool{}
	for file, tree := range sources(t) {
		folder := filepath.Dir(file)
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		documented[folder] = documented[folder] || tree.Doc != nil
	}
	for folder, has := range documented {
		if !has {
			t.Errorf("package %s has no package comment that says what it is and what it never does", folder)
		}
	}
}

func TestEveryFileCarriesItsLicence(t *testing.T) {
	for file, tree := range sources(t) {
		if len(tree.Comments) == 0 || !strings.Contains(tree.Comments[0].List[0].Text, "SPDX-FileCopyrightText") {
			t.Errorf("%s does not begin with the two SPDX lines", file)
		}
	}
}

// sources parses the Go files of the repository, nested modules included.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && path != "."
		if entry.IsDir() && (hidden || path == "bin" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(set, path, nil, parser.ImportsOnly|parser.ParseComments)
		files[filepath.ToSlash(path)] = tree
		return err
	})
	if err != nil {
		t.Fatalf("parse the repository: %v", err)
	}
	return files
}
