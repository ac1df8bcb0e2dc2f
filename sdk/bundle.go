// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"os"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Member is a controller of a module that has several.
type Member struct {
	Name string // as in the operator's file
	// Register declares all that belongs to the controller. Its package must
	// declare nothing by itself, in package variables or init.
	Register func()
}

// Bundle registers controllers of a module that has several to choose from.
// Call it from init. The host says which ones an instance has, by the
// environment variable WCM_CONTROLLERS, names with commas between them; without
// it all are registered. So each can be a plugin of its own, with its own
// settings and grants, and all share one compiled code.
//
// It panics if a name is not that of a member, and if several that are
// registered both have settings, or declare the same resource, or have
// different event sources: these run as plugins of their own only.
func Bundle(members ...Member) {
	names, chosen := os.LookupEnv(abi.ControllersVariable)
	if !chosen {
		for _, m := range members {
			module.register(m)
		}
		return
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(members, func(m Member) bool { return m.Name == name })
		if i < 0 {
			panic("sdk: the module has no controller " + name + ", it has " + memberNames(members))
		}
		module.register(members[i])
	}
}

func memberNames(members []Member) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}

func (m *moduleDeclarations) register(member Member) {
	m.member = member.Name
	member.Register()
	m.member = ""
}

// refuse panics because something is declared a second time that a plugin has
// once only.
func (m *moduleDeclarations) refuse(what string) {
	if m.member == "" {
		panic("sdk: " + what + " declared twice")
	}
	panic("sdk: " + what + " declared twice, the second time by " + m.member +
		": it runs only as a plugin of its own, with controllers: [" + m.member + "] in its file")
}
