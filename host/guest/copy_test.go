// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// tell asks an instance what it is.
func tell(t *testing.T, i *guest.Instance) string {
	t.Helper()
	o, err := i.Reconcile(t.Context(), abi.Request{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	return o.Message
}

// TestCopies makes several instances of a guest that says what it has in its
// globals, how often it was renewed, how many pages its memory has, what is in
// them, how often it was asked, and how much of its arguments _initialize saw.
func TestCopies(t *testing.T) {
	operator := operator{
		enabled: func(abi.Level) bool { return true },
		operate: func(_ context.Context, _ abi.Operation, _, b []byte) (abi.Status, []byte) { return abi.StatusOK, b },
	}
	m := load(t, "renews")
	for _, c := range []struct {
		reason, controllers string
		copied              bool
	}{
		{"no variable", "", true},
		{"nothing special", "a", true},
		{"cannot renew itself", "r", false},
		{"logs", "l", false},
		{"asks for the level of logs", "e", false},
		{"writes to stdout", "o", false},
		{"sleeps", "s", false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			o := guest.Options{Plugin: "plugin", Operator: operator}
			if c.controllers != "" {
				o.Controllers = []string{c.controllers}
			}
			first, second := "5614y0z01", "6615y0z11"
			if !c.copied {
				first, second = "5604y0z01", "6605y0z11"
			}
			if c.controllers == "r" {
				instantiate(t, m, o) // the first one has tried
			}
			for n := range 3 {
				i := instantiate(t, m, o)
				if got := tell(t, i); got != first {
					t.Errorf("instance %d says %s, want %s", n, got, first)
				}
				if got := tell(t, i); got != second {
					t.Errorf("instance %d, asked again, says %s, want %s", n, got, second)
				}
			}
		})
	}
}

// TestCopiesFail: what goes wrong before there is a snapshot is the plugin's, and
// happens again to the next instance.
func TestCopiesFail(t *testing.T) {
	m := load(t, "renews")
	for _, c := range []struct {
		reason, controllers string
		limit               uint64
		want                string
	}{
		{"_initialize traps", "t", 0, "plugin p: _initialize trapped"},
		{"wcm_renew traps", "u", 0, "plugin p: wcm_renew trapped"},
		{"the memory is too large", "a", 2 << 16, "plugin p: declares a memory of 196608 bytes, the limit is 131072"},
	} {
		for range 2 {
			_, err := guest.New(t.Context(), m, guest.Options{Plugin: "p", Controllers: []string{c.controllers}, MemoryLimit: c.limit})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: New: %v, want %s…", c.reason, err, c.want)
			}
		}
	}
}

// TestCopiesHaveTheirLimit: an instance with less memory than another one is no
// copy of it, since its _initialize would have found less.
func TestCopiesHaveTheirLimit(t *testing.T) {
	m := load(t, "renews")
	for limit, want := range map[uint64]string{0: "5614y0z01", 4 << 16: "5614y0z01"} {
		i := instantiate(t, m, guest.Options{Plugin: "p", MemoryLimit: limit})
		if got := tell(t, i); got != want {
			t.Errorf("with a limit of %d it says %s, want %s", limit, got, want)
		}
	}
	i := instantiate(t, m, guest.Options{Plugin: "p", MemoryLimit: 4 << 16})
	_ = tell(t, i)
	if got, want := tell(t, i), "6614y0z11"; got != want { // 4 pages and no more
		t.Errorf("after it asked for more memory it says %s, want %s", got, want)
	}
}

// TestCopiesDraw checks that copies of a Go guest have random numbers of their
// own, and what they have in common.
func TestCopiesDraw(t *testing.T) {
	m := compile(t, open(t), build(t, "./testdata/draws"))
	if !m.Info.Copyable {
		t.Fatal("a module of the SDK is not copyable")
	}
	seen := map[string]bool{}
	var atInit string
	for n := range 4 {
		i := instantiate(t, m, guest.Options{Plugin: "p", Operator: missing})
		for call := range 50 { // more than the generator makes at once
			f := strings.Fields(tell(t, i))
			if len(f) != 5 || f[0] != fmt.Sprint(call+1) {
				t.Fatalf("instance %d says %q in call %d", n, f, call+1)
			}
			if atInit == "" {
				atInit = f[1]
			}
			if f[1] != atInit {
				t.Errorf("instance %d is no copy: it was initialized by itself", n)
			}
			for _, number := range f[2:] {
				if seen[number] {
					t.Fatalf("instance %d draws %s in call %d, which was drawn before", n, number, call+1)
				}
				seen[number] = true
			}
		}
	}
}

// TestCopiesHammer makes instances of several origins in many goroutines while
// the snapshots are given up again and again.
func TestCopiesHammer(t *testing.T) {
	m := load(t, "renews")
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			o := guest.Options{Plugin: "p", Controllers: []string{[]string{"a", "b", "r"}[worker%3]}}
			for n := range 100 {
				if err := live(t.Context(), m, o); err != nil {
					t.Error(err)
				}
				if n%10 == worker {
					if err := guest.DropSnapshot(m, o); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// live makes an instance, and fails if it sees anything of another one.
func live(ctx context.Context, m *module.Module, o guest.Options) error {
	i, err := guest.New(ctx, m, o)
	if err != nil {
		return err
	}
	for call := range 5 {
		outcome, err := i.Reconcile(ctx, abi.Request{Name: "a"})
		if err != nil {
			return errors.Join(err, i.Close(ctx))
		}
		if got, want := outcome.Message[7], byte('0'+call); got != want {
			return errors.Join(fmt.Errorf("call %d says %s, want %c at 7", call, outcome.Message, want), i.Close(ctx))
		}
	}
	return i.Close(ctx)
}

// copied makes read give modules whose instances are copies.
var copied bool

// TestOnCopies runs tests of misbehaving guests again, on copies of instances.
func TestOnCopies(t *testing.T) {
	copied = true
	defer func() { copied = false }()
	for name, test := range map[string]func(*testing.T){
		"conformance": TestConformance, "attacks": TestAttacks, "snoops": TestSnoops,
		"sins": TestSins, "poison": TestPoison, "new": TestNewFails, "spins": TestSpins, "limits": TestLimits,
		"memory": TestMemoryLimit, "declared": TestMemoryDeclared, "exit": TestExitKeepsMemory,
		"closed": TestCloseDuringCall, "output": TestOutputHook, "cancel": TestCancel, "fuel": TestFuel,
		"crowds": TestCrowds, "describe": TestDescribe, "operate": TestOperate,
	} {
		t.Run(name, test)
	}
}

// maybeCopied returns the module, changed so that its instances are copies if that is
// what is tested.
func maybeCopied(t testing.TB, wasm []byte) []byte {
	t.Helper()
	if !copied {
		return wasm
	}
	return moduletest.Renewing(t, wasm)
}
