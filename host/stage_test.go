// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// stage is a host at work on a plugin directory, and a client beside it.
type stage struct {
	t        *testing.T
	host     *host.Host
	folder   string
	client   kubernetes.Interface
	registry *prometheus.Registry
	log      *logBuffer
	stop     func() // stops the host and waits
}

// alwaysLeader leads from the first moment to the last.
type alwaysLeader struct{}

func (alwaysLeader) Run(ctx context.Context, lead func(context.Context) error) error {
	return lead(ctx)
}

// granted are the plugins of these tests that may do everything. A file beside
// no module does nothing.
var granted = []string{"stamp", "gadget", "gadget-again", "good", "bad", "map"}

// start runs a host on a plugin directory until the test ends.
func start(t *testing.T, plane *controlplane.Plane, folder string, change ...func(*host.Options)) *stage {
	t.Helper()
	if plane == nil {
		t.Skip("needs a control plane")
	}
	s := &stage{
		t: t, folder: folder, log: &logBuffer{}, registry: prometheus.NewRegistry(),
		client: kubernetes.NewForConfigOrDie(plane.RESTConfig()),
	}
	for _, name := range granted {
		if file := filepath.Join(folder, name+".yaml"); !exists(file) {
			writeFile(t, file, []byte(hosttest.GrantAll))
		}
	}
	options := host.Options{
		Config: plane.RESTConfig(), PluginDir: folder, Leadership: alwaysLeader{},
		LeaseNamespace: metav1.NamespaceSystem, LeaseName: "wasm-controller-manager",
		Registerer: s.registry, Metrics: metric.New(s.registry),
		Logger: slog.New(slog.NewTextHandler(io.MultiWriter(s.log, t.Output()), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&options)
	}
	var err error
	if s.host, err = host.New(options); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.host.Run(ctx) }() // ends by stop, which waits
	s.stop = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: got error %v after its context ended, want nil", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// logBuffer keeps what the host logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// has reports whether there is a line that has all the texts.
func (b *logBuffer) has(texts ...string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.text.String()) {
		if containsAll(line, texts) {
			return true
		}
	}
	return false
}

// logged waits for a line that has all the texts.
func (s *stage) logged(texts ...string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		if s.log.has(texts...) {
			return ""
		}
		return fmt.Sprintf("the log has no line with %q", texts)
	})
}

func containsAll(line string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(line, text) {
			return false
		}
	}
	return true
}

// event waits for one of the host's own events.
func (s *stage) event(reason, text string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		events, err := s.client.CoreV1().Events(metav1.NamespaceSystem).List(s.t.Context(), metav1.ListOptions{FieldSelector: "reason=" + reason})
		if err != nil {
			return err.Error()
		}
		for _, e := range events.Items {
			if strings.Contains(e.Message, text) {
				return ""
			}
		}
		return fmt.Sprintf("none of %d events with reason %s says %q", len(events.Items), reason, text)
	})
}

// create makes a ConfigMap for the plugin stamp. It may be called by any
// goroutine of the test.
func (s *stage) create(namespace, name string) {
	s.t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"stamp": ""}}}
	if _, err := s.client.CoreV1().ConfigMaps(namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Errorf("create ConfigMap %s: %v", name, err)
	}
}

// stamped waits until every ConfigMap with the label, but those named, has
// the version.
func (s *stage) stamped(namespace, version string, except ...string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		list, err := s.client.CoreV1().ConfigMaps(namespace).List(s.t.Context(), metav1.ListOptions{LabelSelector: "stamp"})
		if err != nil {
			return err.Error()
		}
		for _, cm := range list.Items {
			if cm.Data["version"] != version && !strings.Contains(strings.Join(except, " "), cm.Name) {
				return fmt.Sprintf("ConfigMap %s: got version %q, want %q", cm.Name, cm.Data["version"], version)
			}
		}
		return ""
	})
}

// stampModule builds the plugin stamp once per version; definitions as for
// BuildPlugin.
func stampModule(t *testing.T, version string, definitions ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stamp.wasm")
	hosttest.BuildPlugin(t, "host/testdata/stamp", file, append(definitions, "main.version="+version)...)
	module, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
