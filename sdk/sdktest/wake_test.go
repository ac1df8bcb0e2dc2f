// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// TestSelects holds the emulator to what the host does.
func TestSelects(t *testing.T) {
	const (
		byMap     = "{spec{selector map<string>}}"
		byPointer = "{spec{selector{matchLabels map<string>}?}}"
		byValue   = "{spec{selector{matchLabels map<string>}}}"
		byRaw     = "{spec{selector raw}}"
	)
	labels := sdk.Labels{{Key: "app", Value: "web"}}
	for _, c := range []struct {
		reason, projection, object string
		want                       bool
	}{
		{"map", byMap, `{"spec":{"selector":{"app":"web"}}}`, true},
		{"map: another value", byMap, `{"spec":{"selector":{"app":"db"}}}`, false},
		{"map: empty selects nothing", byMap, `{"spec":{"selector":{}}}`, false},
		{"map: absent selects nothing", byMap, `{}`, false},
		{"pointer", byPointer, `{"spec":{"selector":{"matchLabels":{"app":"web"}}}}`, true},
		{"pointer: another value", byPointer, `{"spec":{"selector":{"matchLabels":{"app":"db"}}}}`, false},
		{"pointer: an expression", byPointer, `{"spec":{"selector":{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}}}`, false},
		{"pointer: empty selects everything", byPointer, `{"spec":{"selector":{}}}`, true},
		{"pointer: absent selects nothing", byPointer, `{"spec":{}}`, false},
		{"value: absent is empty", byValue, `{}`, true},
		{"around it a pointer: absent", "{spec{selector{matchLabels map<string>}}?}", `{}`, false},
		{"raw: a map", byRaw, `{"spec":{"selector":{"app":"db"}}}`, false},
		{"raw: a LabelSelector", byRaw, `{"spec":{"selector":{"matchLabels":{"app":"web"}}}}`, true},
		{"raw: empty may be a LabelSelector", byRaw, `{"spec":{"selector":{}}}`, true},
		{"raw: absent", byRaw, `{"spec":{}}`, false},
		{"not in the projection", "{spec{size int}}", `{"spec":{}}`, false},
	} {
		projection, err := record.ParseShape(c.projection)
		if err != nil {
			t.Fatal(err)
		}
		o, err := parse(c.object)
		if err != nil {
			t.Fatal(err)
		}
		if got := selects(formOf(&projection, "spec.selector"), o.Field("spec.selector"), labels); got != c.want {
			t.Errorf("%s: %s read as %s selects app=web: %v, want %v", c.reason, c.object, c.projection, got, c.want)
		}
	}
}
