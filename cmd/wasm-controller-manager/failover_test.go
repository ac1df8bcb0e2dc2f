// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

const elected = `"Elected as leader".*identity="([^"]*)"`

// standby checks that a process could lead at once, and does not.
func (p *process) standby() {
	p.t.Helper()
	p.ready()
	series := p.series()
	for name, want := range map[string]string{
		`wcm_cache_synced{resource="v1/replicationcontrollers"}`:   "1",
		`wcm_cache_synced{resource="v1/pods"}`:                     "1",
		`wcm_instances{plugin="replicationcontroller-controller"}`: "1",
	} {
		if series[name] != want {
			p.t.Errorf("standby: %s = %q, want %s", name, series[name], want)
		}
	}
	for name, value := range series {
		leads := strings.HasPrefix(name, "running_managed_controllers{") || strings.HasPrefix(name, "controller_runtime_reconcile_total{")
		if leads && value != "0" {
			p.t.Errorf("standby: %s = %s, want 0: it does not lead", name, value)
		}
	}
}

// TestFailover kills a leader at work, then asks the next one to go: each time
// a warm standby takes over, and there is never a pod too many.
func TestFailover(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := pluginFolder(t, "plugins/replicationcontroller")
	flags := append(electionFlags(c.namespace), "--kube-api-qps=500", "--kube-api-burst=500")
	first := launch(t, plane.Kubeconfig(), folder, flags...)
	first.logged(elected)
	second := launch(t, plane.Kubeconfig(), folder, flags...)
	second.standby()

	const controllers = 10
	for i := range controllers {
		c.create(fmt.Sprintf("rc-%d", i), 1)
	}
	scaleUp := func(from, to int, disturb func()) {
		for replicas := from; replicas <= to; replicas++ {
			for i := range controllers {
				c.scale(fmt.Sprintf("rc-%d", i), replicas)
			}
			if replicas == (from+to)/2 {
				disturb()
			}
		}
	}
	c.reaches(1)
	var killed time.Time
	scaleUp(2, 10, func() {
		first.signal(syscall.SIGKILL)
		killed = time.Now()
	})
	second.logged(elected)
	t.Logf("SIGKILL: the standby led after %v, with a lease of 3s", time.Since(killed).Round(10*time.Millisecond))
	c.converges()
	t.Logf("SIGKILL: converged after %v", time.Since(killed).Round(10*time.Millisecond))

	third := launch(t, plane.Kubeconfig(), folder, flags...)
	third.standby()
	turns := c.turns(c.namespace)
	var asked time.Time
	scaleUp(11, 16, func() {
		second.signal(syscall.SIGTERM)
		asked = time.Now()
	})
	successor := third.logged(elected)
	t.Logf("SIGTERM: the standby led after %v, trying each 250ms", time.Since(asked).Round(10*time.Millisecond))
	second.ends(0)
	t.Logf("SIGTERM: the leader had ended after %v", time.Since(asked).Round(10*time.Millisecond))
	c.converges()
	t.Logf("SIGTERM: converged after %v", time.Since(asked).Round(10*time.Millisecond))
	if got := turns(); len(got) != 3 || got[1].holder != "" || got[2].holder != successor {
		t.Errorf("holders of the lease: got %+v, want the old leader, nobody, %s", got, successor)
	}
}
