// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestWriteController has what a watch can say, as far as no module of the scripts
// says it.
func TestWriteController(t *testing.T) {
	d := &abi.Description{Resources: []abi.Resource{
		{Version: "v1", Resource: "pods"}, {Group: "*", Version: "*", Resource: "*", Kind: "*"},
	}}
	c := abi.Controller{Name: "c", Watches: []abi.Watch{
		{Mapping: abi.MapFor, Where: []abi.Condition{{Field: "spec.nodeName"}, {Field: "status.phase", Values: []string{"Failed", ""}}}},
		{Resource: 1, Mapping: abi.MapFor, LooseOnly: true},
		{Mapping: abi.MapOwns, AnyOwner: true},
		{Mapping: abi.MapGuest, SameNamespace: true},
	}}
	const want = `
controller c, 1 at once
  for         v1/pods
    where     spec.nodeName is set
    where     status.phase is one of ["Failed" ""]
  for         */*/*, without owners that stay only
  owns        v1/pods, any owner
  guest       v1/pods, in the same namespace
`
	var b strings.Builder
	writeController(&b, d, &c)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("writeController (-want +got):\n%s", diff)
	}
}
