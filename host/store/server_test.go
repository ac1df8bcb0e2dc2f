// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// eventually polls until check returns "", and fails the test with what it
// returned last if it does not for a minute.
func eventually(t testing.TB, what string, check func() string) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		if got := check(); got != "" {
			return what + ": " + got
		}
		return ""
	})
}

// startServer starts a control plane that has been restarted once: its API
// server cannot serve watches from before that. It ends with this process.
var startServer = sync.OnceValues(func() (*controlplane.Plane, error) {
	ctx := context.Background()
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err == nil {
		err = plane.Restart(ctx)
	}
	return plane, err
})

func server(t *testing.T) *controlplane.Plane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane; not with -short")
	}
	plane, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	return plane
}

// world is one test's piece of a real API server.
type world struct {
	*testing.T
	client    *kubernetes.Clientset
	namespace string
}

func newWorld(t *testing.T, plane *controlplane.Plane) *world {
	t.Helper()
	client, err := kubernetes.NewForConfig(plane.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return &world{T: t, client: client, namespace: plane.NamespaceFor(t)}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) put(name, value string) []byte {
	w.Helper()
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"labels":{"l":%q}},"data":{"k":%q}}`, name, value, value)
	answer, err := w.client.CoreV1().RESTClient().Patch(types.ApplyPatchType).Namespace(w.namespace).Resource("configmaps").
		Name(name).Param("fieldManager", "t").Param("force", "true").SetHeader("Accept", "application/json").Body([]byte(body)).DoRaw(w.Context())
	w.must(err)
	return answer
}

func (w *world) remove(name string) []byte {
	w.Helper()
	answer, err := w.client.CoreV1().RESTClient().Delete().Namespace(w.namespace).Resource("configmaps").
		Name(name).SetHeader("Accept", "application/json").DoRaw(w.Context())
	w.must(err)
	return answer
}

// converges waits until the view shows the namespace as the server has it.
func (w *world) converges(v *View, why string) {
	w.Helper()
	eventually(w, why, func() string {
		list, err := w.client.CoreV1().ConfigMaps(w.namespace).List(w.Context(), metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		want, got := map[string]string{}, map[string]string{}
		for i := range list.Items {
			rec, err := recordjson.FromJSON(v.projection, marshal(&list.Items[i]))
			w.must(err)
			want[list.Items[i].Name] = fmt.Sprintf("%x", rec)
		}
		err = v.List(ListQuery{Namespace: w.namespace}, func(rec []byte) bool {
			got[string(cut(rec).name)] = fmt.Sprintf("%x", rec)
			return true
		})
		if err != nil {
			return err.Error()
		}
		return cmp.Diff(want, got)
	})
}

func openMaps(t *testing.T, s *Set, projection string) *View {
	return open(t, s, ViewOptions{Resource: configMaps, Kind: "ConfigMap", Namespaced: true, Projection: shape(t, projection)})
}

const (
	dataShape    = `{data map<string>,metadata{labels map<string>}}`
	rawDataShape = `{data raw,metadata{creationTimestamp time}}`
)

// TestServer follows a real API server in every way a reflector can read, over
// an expired watch, and with a union that grows.
func TestServer(t *testing.T) {
	plane := server(t)
	for _, c := range []struct {
		name, shape string
		listOnly    bool
	}{
		{"protobuf stream", dataShape, false},
		{"protobuf list", dataShape, true},
		{"json stream", rawDataShape, false},
		{"json list", rawDataShape, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, plane)
			for i := range 20 {
				w.put(fmt.Sprint("m-", i), "1")
			}
			others := goleak.IgnoreCurrent() // of the control plane and of the test's client
			t.Cleanup(func() { goleak.VerifyNone(t, others) })
			config, cutter := cuttable(plane.RESTConfig())
			s := NewSet(Options{Config: config, Logger: testLogger(t), ListOnly: c.listOnly})
			run(t, s)
			v := openMaps(t, s, c.shape)
			w.must(v.WaitForSync(t.Context()))
			accept := v.lens.Load().generation.layout.accept(partialObject)
			if got, want := strings.HasPrefix(accept, mediaProtobuf), c.shape == dataShape; got != want {
				t.Errorf("accept = %s; protobuf: %t, want %t", accept, got, want)
			}
			w.converges(v, "first list")
			w.put("m-1", "2")
			w.put("new", "3")
			w.remove("m-2")
			w.converges(v, "events")

			eventually(t, "an expired watch", cutter.expire)
			w.put("while-away", "4")
			w.remove("m-3")
			w.converges(v, "an expired watch")
			wider := openMaps(t, s, `{immutable bool?}`)
			w.must(wider.WaitForSync(t.Context()))
			w.put("m-4", "5")
			w.remove("m-5")
			w.converges(v, "a wider union")
			w.converges(wider, "a wider union, the new view")
			if err := v.Problem(); err != nil {
				t.Errorf("Problem() = %v, want none", err)
			}
		})
	}
}

// cutter cuts watches and makes the next one ask for a version that the server
// has forgotten.
type cutter struct {
	next    http.RoundTripper
	expired atomic.Int64 // answers that say so

	mu    sync.Mutex
	stop  context.CancelFunc // of the last watch
	began time.Time
	ask   bool
}

func cuttable(config *rest.Config) (*rest.Config, *cutter) {
	c := &cutter{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { c.next = next; return c })
	return config, c
}

// expire returns "" when the server has said that a watch is expired. It lets a watch live for
// more than a second before it cuts it, since a reflector that sees a shorter
// one lists anew.
func (c *cutter) expire() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.expired.Load() > 0 {
		return ""
	}
	if time.Since(c.began) > 1100*time.Millisecond {
		c.ask = true
		c.stop()
	}
	return "no watch was too old"
}

// RoundTrip passes the request on.
func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if q.Get("watch") != "true" {
		return c.next.RoundTrip(r)
	}
	ctx, cancel := context.WithCancel(r.Context())
	r = r.Clone(ctx)
	c.mu.Lock()
	c.stop, c.began = cancel, time.Now()
	if c.ask && q.Get("sendInitialEvents") == "" {
		c.ask = false
		q.Set("resourceVersion", "1")
		r.URL.RawQuery = q.Encode()
	}
	c.mu.Unlock()
	answer, err := c.next.RoundTrip(r)
	if err == nil {
		answer.Body = &listener{ReadCloser: answer.Body, ctx: ctx, heard: &c.expired}
	}
	return answer, err
}

// listener counts the reads that say that a watch has expired, which an API
// server says in the first event. A watch that was cut ends like one that the
// server ends after some minutes.
type listener struct {
	io.ReadCloser
	ctx   context.Context
	heard *atomic.Int64
}

func (l *listener) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	if bytes.Contains(b[:n], []byte("too old resource version")) {
		l.heard.Add(1)
	}
	if err != nil && l.ctx.Err() != nil {
		err = io.EOF
	}
	return n, err
}

func TestServerReadsYourWrites(t *testing.T) {
	w := newWorld(t, server(t))
	s := NewSet(Options{Config: server(t).RESTConfig(), Logger: testLogger(t)})
	run(t, s)
	v := openMaps(t, s, dataShape)
	w.must(v.WaitForSync(t.Context()))
	for i := range 200 {
		answer := w.put("m", fmt.Sprint(i))
		w.must(v.Written(answer))
		want, err := recordjson.FromJSON(v.projection, answer)
		w.must(err)
		if got, ok := v.AppendGet(nil, w.namespace, "m"); !ok || string(got) != string(want) {
			t.Fatalf("round %d: after Written, AppendGet gives %x, %t, want %x", i, got, ok, want)
		}
		if i%3 == 2 {
			uid := string(cut(want).uid)
			w.must(v.Deleted(w.namespace, "m", uid, w.remove("m")))
			if got, ok := v.AppendGet(nil, w.namespace, "m"); ok {
				t.Fatalf("round %d: after Deleted, AppendGet gives %x", i, got)
			}
		}
	}
	w.converges(v, "in the end")
}

// TestServerDelete has the answers to deletes of pods, which have grace periods.
func TestServerDelete(t *testing.T) {
	plane := server(t)
	w := newWorld(t, plane)
	s := NewSet(Options{Config: plane.RESTConfig(), Logger: testLogger(t)})
	run(t, s)
	v := open(t, s, ViewOptions{Projection: shape(t, `{metadata{deletionTimestamp time,finalizers list<string>}}`)})
	w.must(v.WaitForSync(t.Context()))
	for _, c := range []struct {
		reason  string
		edit    func(*corev1.Pod)
		livesOn bool
	}{
		{"not on a node", func(*corev1.Pod) {}, false},
		{"on a node, with grace", onNode("n"), true},
		{"with a finalizer", func(p *corev1.Pod) { p.Finalizers = []string{"example.com/x"} }, true},
	} {
		pod := makePod("pod-" + strings.ReplaceAll(strings.ReplaceAll(c.reason, " ", "-"), ",", ""))
		pod.Namespace, pod.Spec.Containers = w.namespace, []corev1.Container{{Name: "c", Image: "i"}}
		pod.Spec.AutomountServiceAccountToken = new(bool)
		c.edit(pod)
		api := w.client.CoreV1().RESTClient()
		answer, err := api.Post().Namespace(w.namespace).Resource("pods").Body(pod).SetHeader("Accept", "application/json").DoRaw(t.Context())
		w.must(err)
		w.must(v.Written(answer))
		answer, err = api.Delete().Namespace(w.namespace).Resource("pods").Name(pod.Name).SetHeader("Accept", "application/json").DoRaw(t.Context())
		w.must(err)
		w.must(v.Deleted(w.namespace, pod.Name, "", answer))
		rec, ok := v.AppendGet(nil, w.namespace, pod.Name)
		_, err = w.client.CoreV1().Pods(w.namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		if lives := !apierrors.IsNotFound(err); ok != c.livesOn || lives != c.livesOn {
			t.Errorf("%s: in the cache: %t (%x), on the server: %t, want %t", c.reason, ok, rec, lives, c.livesOn)
		}
	}
}

const crd = `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.store.example.com"},
"spec":{"group":"store.example.com","scope":"Namespaced","names":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},
"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}`

// TestServerGetsResource opens a view before its CustomResourceDefinition is there.
func TestServerGetsResource(t *testing.T) {
	plane := server(t)
	w := newWorld(t, plane)
	s := NewSet(Options{Config: plane.RESTConfig(), Logger: testLogger(t)})
	run(t, s)
	widgets := schema.GroupVersionResource{Group: "store.example.com", Version: "v1", Resource: "widgets"}
	v := open(t, s, ViewOptions{Resource: widgets, Kind: "Widget", Namespaced: true, Projection: shape(t, `{spec{size int}}`)})
	eventually(t, "the resource is missing", func() string {
		if err := v.Problem(); err == nil || !apierrors.IsNotFound(err) || v.Synced() {
			return fmt.Sprintf("Problem() = %v, Synced() = %t", err, v.Synced())
		}
		return ""
	})
	api := w.client.CoreV1().RESTClient()
	w.must(api.Post().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").Body([]byte(crd)).SetHeader("Content-Type", "application/json").Do(t.Context()).Error())
	w.must(v.WaitForSync(t.Context()))
	path := "/apis/store.example.com/v1/namespaces/" + w.namespace + "/widgets"
	answer, err := api.Post().AbsPath(path).Body([]byte(`{"apiVersion":"store.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":7}}`)).
		SetHeader("Content-Type", "application/json").DoRaw(t.Context())
	w.must(err)
	want, err := recordjson.FromJSON(v.projection, answer)
	w.must(err)
	eventually(t, "the object is cached", func() string {
		if got, ok := v.AppendGet(nil, w.namespace, "w"); !ok || string(got) != string(want) {
			return fmt.Sprintf("AppendGet gives %x, %t, want %x; %v", got, ok, want, v.Problem())
		}
		return ""
	})
	w.must(api.Delete().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.store.example.com").Do(t.Context()).Error())
	eventually(t, "the object goes with the resource", func() string {
		if v.Len() > 0 || v.Problem() == nil {
			return fmt.Sprintf("%d objects, Problem() = %v", v.Len(), v.Problem())
		}
		return ""
	})
}

// TestServerForbids has a view that is allowed only later.
func TestServerForbids(t *testing.T) {
	plane := server(t)
	w := newWorld(t, plane)
	w.put("a", "1")
	config := plane.RESTConfig()
	config.Impersonate.UserName = "store-reader"
	s := NewSet(Options{Config: config, Logger: testLogger(t)})
	run(t, s)
	v := openMaps(t, s, dataShape)
	eventually(t, "not allowed", func() string {
		if err := v.Problem(); err == nil || !apierrors.IsForbidden(err) {
			return fmt.Sprint("Problem() = ", err)
		}
		return ""
	})
	t.Log(v.Problem())
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "store-reader"}, Rules: []rbacv1.PolicyRule{{
		Verbs: []string{"list", "watch"}, APIGroups: []string{""}, Resources: []string{"configmaps"},
	}}}
	_, err := w.client.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{})
	w.must(err)
	_, err = w.client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: role.ObjectMeta,
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "store-reader"},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: "store-reader"}},
	}, metav1.CreateOptions{})
	w.must(err)
	w.converges(v, "allowed")
	if err := v.Problem(); err != nil {
		t.Errorf("Problem() = %v, want none", err)
	}
}

// TestServerRestarts restarts the API server under a view.
func TestServerRestarts(t *testing.T) {
	plane := server(t)
	w := newWorld(t, plane)
	w.put("before", "1")
	s := NewSet(Options{Config: plane.RESTConfig(), Logger: testLogger(t)})
	run(t, s)
	v := openMaps(t, s, dataShape)
	var told atomic.Int64
	subscribe(t, v, nil, func(Change) { told.Add(1) })
	w.converges(v, "first list")
	w.must(plane.StopAPIServer())
	eventually(t, "the failure is known", func() string {
		if v.Problem() == nil {
			return "Problem() = nil"
		}
		return ""
	})
	t.Log(v.Problem())
	if _, ok := v.AppendGet(nil, w.namespace, "before"); !ok {
		t.Error("AppendGet gives nothing while the API server is away")
	}
	w.must(plane.StartAPIServer(t.Context()))
	known := told.Load()
	w.put("after", "2")
	w.converges(v, "after the restart")
	if got := told.Load() - known; got < 1 || got > 3 {
		t.Errorf("%d changes told after the restart, want the new object and at most what the API server itself writes", got)
	}
	if err := v.Problem(); err != nil {
		t.Errorf("Problem() = %v, want none", err)
	}
}
