// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugins embeds the controllers of this repository in a program: the
// module that has all of them, and the operator's file of each, which grants
// the least that it needs. It runs nothing.
package plugins

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// files has the module as well if it was built before the program. So the
// program builds on a fresh clone; the Makefile builds the module first.
//
//go:embed */*.yaml bundle/*
var files embed.FS

// ErrNoModule says that the program was built without the module.
var ErrNoModule = errors.New("this program was built without its controllers: build it with make build, " +
	"or run go generate ./plugins before go build")

//go:generate env GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath "-ldflags=-s -w" -o bundle/bundle.wasm ./bundle

// Module returns a copy of the module of all controllers, or [ErrNoModule].
func Module() ([]byte, error) {
	wasm, err := files.ReadFile("bundle/bundle.wasm")
	if err != nil {
		return nil, ErrNoModule
	}
	return wasm, nil
}

// Controller is one that the module has.
type Controller struct {
	Name  string // upstream's, of the plugin as well
	Alias string // upstream's older name; empty: none
	// OnRequest says that "*" does not choose it.
	OnRequest bool
	// Manifest is the operator's file with which it is installed.
	Manifest []byte
}

// Controllers returns all that the module has, by name.
func Controllers() []Controller {
	paths, err := fs.Glob(files, "*/*.yaml")
	if err != nil {
		panic(err) // the pattern is above
	}
	controllers := make([]Controller, len(paths))
	for i, file := range paths {
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		manifest, err := files.ReadFile(file)
		if err != nil {
			panic(err) // it is part of the program
		}
		controllers[i] = Controller{Name: name, Alias: aliases[name], OnRequest: slices.Contains(onRequest, name), Manifest: manifest}
	}
	slices.SortFunc(controllers, func(a, b Controller) int { return strings.Compare(a.Name, b.Name) })
	return controllers
}

// Find returns the controller of a name or alias.
func Find(name string) (Controller, bool) {
	controllers := Controllers()
	i := slices.IndexFunc(controllers, func(c Controller) bool { return c.is(name) })
	if i < 0 {
		return Controller{}, false
	}
	return controllers[i], true
}

func (c *Controller) is(name string) bool { return name != "" && (name == c.Name || name == c.Alias) }
