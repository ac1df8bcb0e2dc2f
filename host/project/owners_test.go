// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// TestOwnersThatBlock reads owner references in a shape that has whether they block, and in
// one that leaves it out, where all do.
func TestOwnersThatBlock(t *testing.T) {
	const object = `{"metadata":{"name":"o","ownerReferences":[
		{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"a","uid":"1","controller":true,"blockOwnerDeletion":true},
		{"apiVersion":"v1","kind":"ConfigMap","name":"b","uid":"2","blockOwnerDeletion":false},
		{"apiVersion":"v1","kind":"ConfigMap","name":"c","uid":"3"}]}}`
	for shape, want := range map[string]string{
		"{metadata{ownerReferences list<{apiVersion string,blockOwnerDeletion bool,controller bool,kind string,name string,uid string}>}}": "apps ReplicaSet a 1 true true;  ConfigMap b 2 false false;  ConfigMap c 3 false false; ",
		"{metadata{ownerReferences list<{apiVersion string,controller bool,kind string,name string,uid string}>}}":                         "apps ReplicaSet a 1 true true;  ConfigMap b 2 false true;  ConfigMap c 3 false true; ",
	} {
		s, err := record.ParseShape(shape)
		if err != nil {
			t.Fatal(err)
		}
		s = s.Canonical()
		owners, err := project.NewOwners(&s)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := project.NewJSON(&s).Append(nil, []byte(object))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, _, body, err := record.CutHeader(rec)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for o := range owners.All(body) {
			got += fmt.Sprintf("%s %s %s %s %t %t; ", o.Group(), o.Kind, o.Name, o.UID, o.Controller, o.Blocks)
		}
		if got != want {
			t.Errorf("owners in %s:\n got %s\nwant %s", shape, got, want)
		}
	}
}
