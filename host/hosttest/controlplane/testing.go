// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// buildAndStart bounds a start that may have to build the binary first; each
// start of a built one is bounded by [Options].
var buildAndStart = context.Background

// Main is the body of a TestMain: it starts a control plane, stores it in
// *plane, runs the tests, stops it and exits. With -short it starts nothing
// and *plane stays nil, for which NamespaceFor skips the test.
func Main(m *testing.M, plane **Plane, o Options) { os.Exit(runTests(m, plane, o)) }

func runTests(m *testing.M, plane **Plane, o Options) (code int) {
	flag.Parse()
	if testing.Short() || flag.Lookup("test.list").Value.String() != "" {
		return m.Run()
	}
	p, err := Start(buildAndStart(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := p.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	*plane = p
	return m.Run()
}

// shared is the one that [Shared] returns. It is never stopped: it ends with
// this process.
var shared = sync.OnceValues(func() (*Plane, error) {
	return Start(buildAndStart(), Options{})
})

// Shared is a control plane for all tests of this process, started by the
// first that asks. It skips the test with -short. Restarting it would surprise
// the others.
func Shared(t testing.TB) *Plane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane; not with -short")
	}
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// NamespaceFor creates a namespace for one test and returns its name, which
// begins with the test's. It is not deleted: nothing here finishes a deletion,
// and the whole control plane goes soon. Only its ConfigMaps are, on which the
// plugins of later tests would work as well. With ServiceAccountAdmission it has
// the service account "default", so that pods are admitted.
func (p *Plane) NamespaceFor(t testing.TB) string {
	t.Helper()
	if p == nil {
		t.Skip("needs a control plane; not with -short")
	}
	client, err := kubernetes.NewForConfig(p.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: namePrefix(t.Name())},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a namespace for %s: %v", t.Name(), err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		err := client.CoreV1().ConfigMaps(namespace.Name).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
		if err != nil {
			t.Logf("delete the ConfigMaps of %s: %v", namespace.Name, err)
		}
	})
	if p.options.ServiceAccountAdmission {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
		_, err := client.CoreV1().ServiceAccounts(namespace.Name).Create(t.Context(), account, metav1.CreateOptions{})
		if err != nil {
			t.Fatalf("create the service account of %s: %v", namespace.Name, err)
		}
	}
	return namespace.Name
}

// namePrefix turns a test's name into the beginning of a namespace's: lower
// case letters, digits and dashes, a letter first, room left for the server's
// suffix.
func namePrefix(test string) string {
	const longest = 50
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, test)
	name = strings.Trim(strings.TrimPrefix(name, "test"), "-")
	return "t-" + strings.TrimRight(name[:min(len(name), longest)], "-") + "-"
}
