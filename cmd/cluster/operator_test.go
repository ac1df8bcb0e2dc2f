// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

// The tests play on one cluster, all at once, what its operator does, and look
// at what kubectl would show. The last node is for TestSilentNode alone, the pool
// of addresses for TestLoadBalancer.
var cluster *hollow.Cluster

const (
	nodeCount    = 4
	loneNode     = "hollow-3"
	loneTaint    = "operator-test/alone"
	twoAddresses = `settings: {pools: [{name: small, addresses: [192.0.2.1-192.0.2.2]}]}`
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() || flag.Lookup("test.list").Value.String() != "" {
		os.Exit(m.Run())
	}
	if err := flag.Set("test.parallel", "32"); err != nil { // tests wait for the cluster, most of the time
		panic(err)
	}
	os.Exit(playOn(m))
}

// playOn runs the tests on a cluster of programs that are built for them.
func playOn(m *testing.M) (code int) {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	folder, err := os.MkdirTemp("", "wcm-operator-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is in a temporary directory
	bin := filepath.Join(folder, "bin")
	if err := hosttest.BuildPrograms(bin); err != nil {
		return fail(err)
	}
	audit := filepath.Join(folder, "audit.log")
	ctx := context.Background()
	cluster, err = hollow.Start(ctx, hollow.Options{
		Bin: bin, Dir: folder, Nodes: nodeCount, QPS: 500, Burst: 1000, AuditLog: audit,
		// A hollow node renews its lease every ten seconds.
		Flags:     []string{"--node-monitor-period=500ms", "--node-monitor-grace-period=18s"},
		Manifests: map[string]string{"service-lb-controller": twoAddresses},
		// Strict clusters have it: it asks for more rights of who makes objects with owners.
		APIServerFlags: []string{"--enable-admission-plugins=OwnerReferencesPermissionEnforcement"},
	})
	if err != nil {
		return fail(err)
	}
	defer func() {
		if code != 0 {
			showLog(cluster.Manager.Log)
		}
		if err := cluster.Stop(); err != nil {
			code = fail(err)
		}
	}()
	if err := errors.Join(dropUpstreamsRights(ctx), cluster.Ready(ctx), reserveNode(ctx)); err != nil {
		return fail(err)
	}
	code = m.Run()
	if err := checkAudit(audit, code == 0 && flag.Lookup("test.run").Value.String() == ""); err != nil {
		return fail(err)
	}
	return code
}

func reserveNode(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(cluster.Plane.RESTConfig())
	if err != nil {
		return err
	}
	taint := fmt.Sprintf(`{"spec":{"taints":[{"key":%q,"effect":"NoSchedule"}]}}`, loneTaint)
	_, err = client.CoreV1().Nodes().Patch(ctx, loneNode, types.StrategicMergePatchType, []byte(taint), metav1.PatchOptions{})
	return err
}

// showLog shows the end of a log.
func showLog(file string) {
	const most = 16 << 10
	if content, err := os.ReadFile(file); err == nil {
		fmt.Fprintf(os.Stderr, "the end of %s:\n%s\n", filepath.Base(file), content[max(0, len(content)-most):])
	}
}

// operator is who plays a test, in a namespace of its own.
type operator struct {
	*testing.T
	kubernetes.Interface
	custom    dynamic.Interface
	namespace string
}

// operate starts a test beside the others, with a namespace in which pods are
// admitted. The namespace is left to the end of the cluster.
func operate(t *testing.T) *operator {
	t.Helper()
	if cluster == nil {
		t.Skip("needs a cluster; not with -short")
	}
	t.Parallel()
	config := rest.CopyConfig(cluster.Plane.RESTConfig())
	config.WarningHandler = rest.NoWarnings{} // Endpoints are deprecated, we know
	o := &operator{T: t, Interface: kubernetes.NewForConfigOrDie(config), custom: dynamic.NewForConfigOrDie(config)}
	o.namespace = o.newNamespace()
	return o
}

func (o *operator) newNamespace() string {
	o.Helper()
	prefix := strings.ToLower(strings.TrimPrefix(o.Name(), "Test")) + "-"
	namespace, err := o.CoreV1().Namespaces().Create(o.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: strings.ReplaceAll(prefix, "/", "-")}}, metav1.CreateOptions{})
	o.must(err)
	o.eventually(func() string {
		_, err := o.CoreV1().ServiceAccounts(namespace.Name).Get(o.Context(), "default", metav1.GetOptions{})
		return missing("the ServiceAccount default", err)
	})
	return namespace.Name
}

func (o *operator) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *operator) eventually(condition func() string) {
	o.Helper()
	hosttest.Eventually(o.T, condition)
}

// missing says that something could not be read.
func missing(what string, err error) string {
	if err != nil {
		return what + ": " + err.Error()
	}
	return ""
}

// gone says that something is still there.
func gone(what string, err error) string {
	switch {
	case err == nil:
		return what + " is still there"
	case apierrors.IsNotFound(err):
		return ""
	}
	return what + ": " + err.Error()
}

// told waits for an event about an object, of a reason and with some words in
// its message.
func (o *operator) told(kind, name, reason, words string) {
	o.Helper()
	o.eventually(func() string {
		list, err := o.CoreV1().Events(metav1.NamespaceAll).List(o.Context(), metav1.ListOptions{
			FieldSelector: "involvedObject.kind=" + kind + ",involvedObject.name=" + name + ",reason=" + reason,
		})
		if err != nil {
			return err.Error()
		}
		var others []string
		for i := range list.Items {
			e := &list.Items[i]
			if (e.Namespace == o.namespace || kind == "Node") && strings.Contains(e.Message, words) {
				return ""
			}
			others = append(others, e.Message)
		}
		return fmt.Sprintf("%s %s: got %s events %q, want one with %q", kind, name, reason, others, words)
	})
}
