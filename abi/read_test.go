// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestGetRequestAlias checks that the strings of a request that was decoded
// without copies are the message's, and those of the other are not.
func TestGetRequestAlias(t *testing.T) {
	m := abi.GetRequest{Resource: 3, Namespace: "default", Name: "web-0", Subresource: "scale", Target: abi.Target{Version: "v1", Resource: "pods"}}
	message := m.Append(nil)
	var copied, alias abi.GetRequest
	if err := copied.Decode(message); err != nil || copied != m {
		t.Fatalf("Decode: %+v, %v", copied, err)
	}
	if err := alias.DecodeAlias(message); err != nil || alias != m {
		t.Fatalf("DecodeAlias: %+v, %v", alias, err)
	}
	_, behind, _ := bytes.Cut(message, []byte("default"))
	copy(behind[2:], "db") // behind the tag and the length of the name
	if copied.Name != "web-0" || alias.Name != "dbb-0" {
		t.Errorf("after a change of the message Decode has the name %q, DecodeAlias %q", copied.Name, alias.Name)
	}
	key := abi.GetRequest{Resource: 3, Namespace: "default", Name: "web-0"}
	message = key.Append(nil)
	if n := testing.AllocsPerRun(100, func() { _ = alias.DecodeAlias(message) }); n != 0 {
		t.Errorf("DecodeAlias allocates %v times, want 0", n)
	}
	var other abi.GetRequest
	for n := range message {
		errCopy, errAlias := other.Decode(message[:n]), alias.DecodeAlias(message[:n])
		if fmt.Sprint(errCopy) != fmt.Sprint(errAlias) {
			t.Errorf("of %d bytes: Decode says %v, DecodeAlias %v", n, errCopy, errAlias)
		}
	}
}

// TestAppendGetKey checks that a key can come behind the rest of a request.
func TestAppendGetKey(t *testing.T) {
	rest := abi.GetRequest{Resource: 7, Live: true}
	var got abi.GetRequest
	if err := got.Decode(abi.AppendGetKey(rest.Append(nil), "default", "web-0")); err != nil {
		t.Fatal(err)
	}
	if want := (abi.GetRequest{Resource: 7, Live: true, Namespace: "default", Name: "web-0"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
