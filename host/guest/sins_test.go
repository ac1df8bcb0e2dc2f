// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// describe and reconcile are what a test does with an instance.
func describe(ctx context.Context, i *guest.Instance) error {
	_, err := i.Describe(ctx)
	return err
}

func reconcile(name string) func(ctx context.Context, i *guest.Instance) error {
	return func(ctx context.Context, i *guest.Instance) error {
		_, err := i.Reconcile(ctx, abi.Request{Name: name})
		return err
	}
}

// TestSins has a guest for each way to break the contract at run time: the
// exact message, that the instance is dead, that a fresh one of the module does
// the same, and that an instance of a healthy module does not notice.
func TestSins(t *testing.T) {
	for _, c := range []struct {
		fixture string
		call    func(ctx context.Context, i *guest.Instance) error
		want    string
	}{
		{"describe_traps", describe,
			"plugin p: wcm_describe trapped: unreachable"},
		{"describe_garbage", describe,
			"plugin p: result of wcm_describe: malformed Description: field name: the string is not UTF-8"},
		{"describe_outside", describe,
			"plugin p: result of wcm_describe: 16 bytes at address 0x30000 are outside the memory of 196608 bytes"},
		{"reconcile_traps", reconcile("a"),
			"plugin p: wcm_reconcile trapped: unreachable"},
		{"poison", reconcile("poison"),
			"plugin p: wcm_reconcile trapped: unreachable"},
		{"outcome_garbage", reconcile("a"),
			"plugin p: result of wcm_reconcile: malformed Outcome: field verdict: the message ends inside the field"},
		{"outcome_field", reconcile("a"),
			"plugin p: result of wcm_reconcile: malformed Outcome: field verdict: the wire type is not the one of the schema"},
		{"outcome_outside", reconcile("a"),
			"plugin p: result of wcm_reconcile: 16 bytes at address 0x2ffff are outside the memory of 196608 bytes"},
		{"outcome_overflow", reconcile("a"),
			"plugin p: result of wcm_reconcile: 16 bytes at address 0xffffffff are outside the memory of 196608 bytes"},
		{"outcome_huge", reconcile("a"),
			"plugin p: result of wcm_reconcile: 4294967295 bytes, the limit is 4194304"},
		{"alloc_zero", reconcile("a"),
			"plugin p: result of wcm_alloc: no memory for 3 bytes"},
		{"alloc_outside", reconcile("a"),
			"plugin p: result of wcm_alloc: 3 bytes at address 0x2ffff are outside the memory of 196608 bytes"},
		{"alloc_traps", reconcile("a"),
			"plugin p: wcm_alloc trapped: unreachable"},
		{"request_outside", reconcile("a"),
			"plugin p: wcm_reconcile trapped: create: request: 100 bytes at address 0x2fff0 are outside the memory of 196608 bytes"},
		{"buffer_outside", reconcile("a"),
			"plugin p: wcm_reconcile trapped: create: buffer: 64 bytes at address 0xfffffff0 are outside the memory of 196608 bytes"},
		{"take_outside", reconcile("a"),
			"plugin p: wcm_reconcile trapped: take: buffer: 1 bytes at address 0x30000 are outside the memory of 196608 bytes"},
		{"exits", reconcile("a"),
			"plugin p: wcm_reconcile trapped: exit with code 3"},
		{"speaks", reconcile("poison"),
			"plugin p: wcm_reconcile trapped: unreachable: panic: it hurts"},
		{"recurses", reconcile("a"),
			"plugin p: wcm_reconcile trapped: stack overflow: the limit is 8 MiB"},
	} {
		t.Run(c.fixture, func(t *testing.T) {
			compiler := open(t)
			m := compile(t, compiler, read(t, c.fixture))
			healthy := instantiate(t, compile(t, compiler, read(t, "minimal")), guest.Options{})
			operated := false
			o := operator{operate: func(_ context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
				operated = true
				return abi.StatusOK, buffer
			}}
			i := instantiate(t, m, guest.Options{Plugin: "p", Operator: o})
			err := c.call(t.Context(), i)
			if !says(err, c.want) {
				t.Fatalf("error:\n got %v\nwant %s", err, c.want)
			}
			if operated {
				t.Error("the operation was carried out")
			}
			checkDead(t, i)
			fresh := instantiate(t, m, guest.Options{Plugin: "p", Operator: o})
			if err := c.call(t.Context(), fresh); !says(err, c.want) {
				t.Errorf("a fresh instance:\n got %v\nwant %s", err, c.want)
			}
			if err := errors.Join(describe(t.Context(), healthy), reconcile("a")(t.Context(), healthy)); err != nil {
				t.Errorf("the healthy instance: %v", err)
			}
		})
	}
}

// says tells whether an error is the sentence; how deep a stack was is left out.
func says(err error, want string) bool {
	return err != nil && (err.Error() == want || strings.HasPrefix(err.Error(), want+": ") && strings.HasSuffix(want, "stack overflow"))
}

func checkDead(t *testing.T, i *guest.Instance) {
	t.Helper()
	if !i.Dead() {
		t.Error("the instance is not dead")
	}
	ctx := t.Context()
	_, mapErr := i.Map(ctx, abi.Change{})
	for name, err := range map[string]error{
		"Describe": describe(ctx, i), "Configure": i.Configure(ctx, abi.Configuration{}),
		"Reconcile": reconcile("a")(ctx, i), "Map": mapErr, "Collect": i.Collect(ctx),
	} {
		if !errors.Is(err, guest.ErrDead) {
			t.Errorf("%s of a dead instance: %v, want %v", name, err, guest.ErrDead)
		}
	}
}

// TestPoison checks that a guest that traps for one key serves the others,
// before and, in a fresh instance, after it.
func TestPoison(t *testing.T) {
	m := load(t, "poison")
	i := instantiate(t, m, guest.Options{Plugin: "p"})
	if err := reconcile("healthy")(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if err := reconcile("poison")(t.Context(), i); err == nil {
		t.Fatal("reconcile of poison gave no error")
	}
	fresh := instantiate(t, m, guest.Options{Plugin: "p"})
	if err := reconcile("healthy")(t.Context(), fresh); err != nil {
		t.Errorf("reconcile in a fresh instance: %v", err)
	}
}

func TestNewFails(t *testing.T) {
	for fixture, want := range map[string]string{
		"initialize_traps": "plugin p: _initialize trapped: unreachable",
		"start_traps":      "plugin p: instantiation trapped: unreachable",
	} {
		i, err := guest.New(t.Context(), load(t, fixture), guest.Options{Plugin: "p"})
		if err == nil || err.Error() != want {
			t.Errorf("New(%s.wasm) = %v, %v, want %s", fixture, i, err, want)
		}
	}
}

func TestTrapError(t *testing.T) {
	m := load(t, "speaks")
	i := instantiate(t, m, guest.Options{Plugin: "p"})
	err := reconcile("poison")(t.Context(), i)
	var trap *guest.TrapError
	if !errors.As(err, &trap) {
		t.Fatalf("reconcile: %v, want a TrapError", err)
	}
	if trap.Plugin != "p" || trap.Digest != m.Info.Digest || trap.Function != "wcm_reconcile" || trap.Context != nil {
		t.Errorf("TrapError = %+v", trap)
	}
	if want := "panic: it hurts\ngoroutine 1 [running]\n"; trap.Stderr != want {
		t.Errorf("Stderr = %q, want %q", trap.Stderr, want)
	}
	if want := ".$5(i32,i32) i64"; trap.Stack != want {
		t.Errorf("Stack = %q, want %q", trap.Stack, want)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%v is a context's error", err)
	}
}
