// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// TestShutdownUnderLoad stops a process that has much to do. It ends what it
// has begun before it lets the lease go, writes nothing after that, and the
// next one finishes the work.
func TestShutdownUnderLoad(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := pluginFolder(t, "plugins/replicationcontroller")
	flags := append(electionFlags(c.namespace), "--kube-api-qps=150", "--kube-api-burst=150")
	p := launch(t, plane.Kubeconfig(), folder, flags...)
	p.logged(elected)
	turns := c.turns(c.namespace)
	const controllers = 200
	for i := range controllers {
		c.create(fmt.Sprintf("rc-%d", i), 2)
	}
	c.reaches(50)
	p.signal(syscall.SIGTERM)
	t.Logf("SIGTERM with %d of %d pods: ended after %v", c.pods(), 2*controllers, p.ends(0).Round(10*time.Millisecond))

	got := turns()
	if len(got) != 2 || got[1].holder != "" {
		t.Fatalf("holders of the lease: got %+v, want the process, then nobody", got)
	}
	pods, err := c.client.CoreV1().Pods(c.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) == 2*controllers {
		t.Fatal("all pods were there at the end: there was no load")
	}
	for _, pod := range pods.Items {
		if version, _ := strconv.ParseUint(pod.ResourceVersion, 10, 64); version > got[1].version {
			t.Errorf("pod %s was written at version %d, after the lease was released at %d", pod.Name, version, got[1].version)
		}
	}
	next := launch(t, plane.Kubeconfig(), folder, flags...)
	next.logged(elected)
	c.converges()
}

// TestLostLeaseEndsTheProcess lets somebody else take the lease.
func TestLostLeaseEndsTheProcess(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	p := launch(t, plane.Kubeconfig(), pluginFolder(t, "plugins/replicationcontroller"), electionFlags(c.namespace)...)
	p.logged(elected)
	leases := c.client.CoordinationV1().Leases(metav1.NamespaceSystem)
	other, duration := "somebody else", int32(3600)
	for { // a renewal may come between
		lease, err := leases.Get(t.Context(), c.namespace, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		now := metav1.NowMicro()
		lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &other, LeaseDurationSeconds: &duration, AcquireTime: &now, RenewTime: &now}
		if _, err = leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err == nil {
			break
		}
	}
	t.Logf("a process whose lease was taken ended after %v", p.ends(1).Round(10*time.Millisecond))
	p.logged(name + ": lost the lease")
	if lease, err := leases.Get(t.Context(), c.namespace, metav1.GetOptions{}); err != nil || *lease.Spec.HolderIdentity != other {
		t.Errorf("lease after the end: %+v, %v, want the other's", lease, err)
	}
}

// TestSecondSignalEndsTheProcess takes the API server out of reach, so that a
// graceful stop has to wait for its answers.
func TestSecondSignalEndsTheProcess(t *testing.T) {
	plane := controlplane.Shared(t)
	proxy := startProxy(t, plane, loopback)
	p := launch(t, proxy.kubeconfig, pluginFolder(t, "plugins/replicationcontroller"),
		append(electionFlags(plane.NamespaceFor(t)), "--leader-elect-lease-duration=60s", "--leader-elect-renew-deadline=50s")...)
	p.logged(elected)
	p.ready()
	proxy.stall()
	p.signal(syscall.SIGTERM)
	p.logged(`"Stopping"`)
	select {
	case <-p.ended:
		t.Fatal("the process ended without an answer to the release of its lease")
	default:
	}
	impatient := time.Now()
	hosttest.Eventually(t, func() string { // the program gives the signal its effect back soon after it logs
		_ = p.command.Process.Signal(syscall.SIGTERM) // fails once it has ended
		select {
		case <-p.ended:
			return ""
		default:
			return "the process runs on after more signals"
		}
	})
	state, _ := p.end()
	took := time.Since(impatient)
	if status := state.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("after the second signal: got %v, want an end by SIGTERM", state)
	}
	t.Logf("second SIGTERM: ended after %v", took.Round(time.Millisecond))
}
