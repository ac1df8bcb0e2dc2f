// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// TestCrowds has guests whose answers are small, and many or deep.
func TestCrowds(t *testing.T) {
	changed := func(change abi.Change) func(ctx context.Context, i *guest.Instance) error {
		return func(ctx context.Context, i *guest.Instance) error {
			_, err := i.Map(ctx, change)
			return err
		}
	}
	for _, c := range []struct {
		fixture string
		call    func(ctx context.Context, i *guest.Instance) error
		want    string
	}{
		{"describe_long", describe, "plugin p: result of wcm_describe: 262145 bytes, the limit is 262144"},
		{"describe_crowd", describe, "describes itself wrongly: resources: 131072, expected at most 1000"},
		{"describe_nested", describe, "plugin p: result of wcm_describe: malformed Shape: field elem: nested too deeply"},
		{"maps_crowd", changed(abi.Change{Controller: 1}), "plugin p: result of wcm_map: 1048578 bytes, the limit is 1048576"},
	} {
		t.Run(c.fixture, func(t *testing.T) {
			i := instantiate(t, load(t, c.fixture), guest.Options{Plugin: "p"})
			if err := c.call(t.Context(), i); err == nil || err.Error() != c.want {
				t.Errorf("error:\n got %v\nwant %s", err, c.want)
			}
		})
	}
	i := instantiate(t, load(t, "maps_crowd"), guest.Options{Plugin: "p"})
	if requests, err := i.Map(t.Context(), abi.Change{}); err != nil || len(requests) != 1<<19 {
		t.Errorf("Map of an answer as long as can be: %d requests, %v, want %d", len(requests), err, 1<<19)
	}
}

// TestValidateCrowds: each list of a description has a limit, and an error is
// one that people can read.
func TestValidateCrowds(t *testing.T) {
	const many = 1001
	d := &abi.Description{
		Resources:   []abi.Resource{{Indexes: make([]abi.Index, many), Writes: make([]string, many), Reads: make([]string, many)}},
		Controllers: append(make([]abi.Controller, many), abi.Controller{Concurrency: math.MaxUint32, Watches: make([]abi.Watch, many)}),
		HTTP:        []abi.HTTP{{Hosts: make([]string, many), Methods: make([]string, many)}},
		Sign:        make([]string, many), FieldManagers: make([]string, many),
	}
	want := "describes itself wrongly: controllers: 1002, expected at most 1000; sign: 1001, expected at most 1000; " +
		"field_managers: 1001, expected at most 1000; resource 0: indexes: 1001, expected at most 1000; " +
		"resource 0: writes: 1001, expected at most 1000; resource 0: reads: 1001, expected at most 1000; " +
		"controller 1001: watches: 1001, expected at most 1000; controllers: concurrency: 4294968296, expected at most 1000; http 0: hosts: 1001, expected at most 1000; " +
		"http 0: methods: 1001, expected at most 1000"
	if err := guest.Validate(d, nil); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}

	d = &abi.Description{Name: "p", Controllers: make([]abi.Controller, 1000), HTTP: make([]abi.HTTP, 1000)}
	for n := range d.Controllers {
		d.Controllers[n].Name = fmt.Sprint("no label ", n)
	}
	err := guest.Validate(d, nil)
	problems, ok := errors.AsType[*guest.DescriptionError](err)
	if !ok || len(problems.Problems) < 2000 || !strings.HasSuffix(err.Error(), fmt.Sprintf("; and %d problems more", len(problems.Problems)-20)) {
		t.Errorf("Validate: %v, want twenty problems and the number of the others", err)
	}
}

// TestValidateNestedShape: a shape can be deep without a deep message only in
// Go, but is not believed then either.
func TestValidateNestedShape(t *testing.T) {
	shape := record.Shape{Kind: record.String}
	for range 32 {
		shape = record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "a", Shape: shape}}}
	}
	d := description(t)
	d.Settings = &shape
	want := "describes itself wrongly: settings: shape: field " + strings.TrimSuffix(strings.Repeat("a.", 32), ".") + ": nested too deeply"
	if err := guest.Validate(d, nil); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
