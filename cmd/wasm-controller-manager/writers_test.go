// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// writers are processes that write to the same objects all the time, each while
// it leads, and a watch that sees every write.
type writers struct {
	t         *testing.T
	namespace string
	module    []byte

	mu     sync.Mutex
	writes map[string][]uint64 // resource versions by writer; guarded by mu
}

// beats is how many objects there are, as many as the plugin has workers.
const beats = 4

func newWriters(t *testing.T, plane *controlplane.Plane) *writers {
	t.Helper()
	w := &writers{t: t, namespace: plane.NamespaceFor(t), writes: map[string][]uint64{}}
	file := filepath.Join(t.TempDir(), "beat.wasm")
	hosttest.BuildPlugin(t, "cmd/wasm-controller-manager/testdata/beat", file)
	var err error
	if w.module, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	configMaps := kubernetes.NewForConfigOrDie(plane.RESTConfig()).CoreV1().ConfigMaps(w.namespace)
	watch, err := configMaps.Watch(t.Context(), metav1.ListOptions{LabelSelector: "beat"})
	if err != nil {
		t.Fatal(err)
	}
	var watching sync.WaitGroup
	watching.Go(func() { // ends by Stop
		for event := range watch.ResultChan() {
			if cm, ok := event.Object.(*corev1.ConfigMap); ok && cm.Data["writer"] != "" {
				w.wrote(cm)
			}
		}
	})
	t.Cleanup(func() { watch.Stop(); watching.Wait() })
	for i := range beats {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("beat-", i), Labels: map[string]string{"beat": ""}}}
		if _, err := configMaps.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *writers) wrote(cm *corev1.ConfigMap) {
	version, err := strconv.ParseUint(cm.ResourceVersion, 10, 64)
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes[cm.Data["writer"]] = append(w.writes[cm.Data["writer"]], version)
}

// folder is a plugin directory for the process of one writer.
func (w *writers) folder(writer string) string {
	w.t.Helper()
	folder := w.t.TempDir()
	for name, content := range map[string][]byte{
		"beat.wasm": w.module,
		"beat.yaml": fmt.Appendf(nil, "settings:\n  namespace: %q\n  writer: %q\n%s", w.namespace, writer, hosttest.GrantAll),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return folder
}

// launch starts the process of a writer, by a launcher or by itself.
func (w *writers) launch(launcher []string, kubeconfig, writer string, flags ...string) *process {
	w.t.Helper()
	return launchBy(w.t, launcher, kubeconfig, w.folder(writer), append(electionFlags(w.namespace), flags...)...)
}

// wait waits for so many more writes of a writer.
func (w *writers) wait(writer string, more int) {
	w.t.Helper()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.writes[writer])
	}
	want := count() + more
	hosttest.Eventually(w.t, func() string {
		if got := count(); got < want {
			return fmt.Sprintf("%d writes of %s, want %d", got, writer, want)
		}
		return ""
	})
}

// ordered holds that no writer wrote after the first write of the next one.
func (w *writers) ordered(names ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, next := range names[1:] {
		old := names[i]
		first, last := slices.Min(w.writes[next]), slices.Max(w.writes[old])
		late := 0
		for _, version := range w.writes[old] {
			if version > first {
				late++
			}
		}
		if late > 0 {
			w.t.Errorf("%d of %d writes of %s came after the first of %s, at version %d; the last at %d",
				late, len(w.writes[old]), old, next, first, last)
		}
		w.t.Logf("%s: %d writes, the last at version %d; %s: %d writes, the first at version %d",
			old, len(w.writes[old]), last, next, len(w.writes[next]), first)
	}
}
