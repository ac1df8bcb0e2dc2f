// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestIdleTime: after its last call a plugin keeps an instance for 30 to 60 s,
// and its code for 30 s more.
func TestIdleTime(t *testing.T) {
	wasm := hosttest.Fixture(t, "minimal")
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		compiler, err := module.OpenCompiler(ctx, module.Options{
			CacheDir: t.TempDir(), Host: guest.HostFunction, Yield: guest.YieldFunction,
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := compiler.Compile(ctx, wasm)
		if err != nil {
			t.Fatal(err)
		}
		v := &version{module: m, pool: guest.NewPool(guest.PoolOptions{Module: m})}
		h := &Host{Options: Options{IdleAfter: defaultIdleAfter}, plugins: map[string]*plugin{"p": {current: v}}}
		ended := make(chan struct{})
		go func() { defer close(ended); h.expire(ctx) }() // ends by stop
		use := func() {
			instance, err := v.pool.Get(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := instance.Reconcile(ctx, abi.Request{Name: "a"}); err != nil {
				t.Error(err)
			}
			v.pool.Put(ctx, instance)
		}
		began := time.Now()
		at := func(after time.Duration, instances int, loaded bool) {
			t.Helper()
			<-time.After(time.Until(began.Add(after)))
			if idle, _ := v.pool.Counts(); idle != instances || m.Loaded() != loaded {
				t.Errorf("after %v: %d instances, code in memory %v; want %d, %v", after, idle, m.Loaded(), instances, loaded)
			}
		}
		use()
		at(59*time.Second, 1, true)
		at(61*time.Second, 0, true)
		at(89*time.Second, 0, true)
		at(91*time.Second, 0, false)
		use()
		at(149*time.Second, 1, true)
		use()
		at(179*time.Second, 1, true)
		at(209*time.Second, 0, true)
		at(211*time.Second, 0, false)
		stop()
		<-ended
		background := context.WithoutCancel(ctx)
		for _, closer := range []interface{ Close(context.Context) error }{v.pool, m, compiler} {
			if err := closer.Close(background); err != nil {
				t.Error(err)
			}
		}
	})
}
