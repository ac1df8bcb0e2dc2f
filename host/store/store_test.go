// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
)

func shape(t testing.TB, text string) *record.Shape {
	t.Helper()
	s, err := record.ParseShape(text)
	if err != nil {
		t.Fatalf("ParseShape(%s): %v", text, err)
	}
	c := s.Canonical()
	return &c
}

const (
	nodeShape  = `{metadata{labels map<string>},spec{nodeName string}}`
	phaseShape = `{metadata{labels map<string>},status{phase string}}`
	rawShape   = `{metadata{labels map<string>},spec raw}`
)

// content returns what a view shows, by name.
func content(t testing.TB, v *View) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := v.List(ListQuery{}, func(rec []byte) bool {
		h := cut(rec)
		if err := record.Check(rec, v.projection); err != nil {
			t.Errorf("List: record of %s: %v", h.name, err)
		}
		got[string(h.name)] = fmt.Sprintf("%s@%d %x", h.uid, h.version, h.body)
		return true
	})
	if err != nil {
		t.Errorf("List: %v", err)
	}
	return got
}

// wanted is content as the truth has it.
func wanted(t testing.TB, f *fakeAPI, s *record.Shape) map[string]string {
	t.Helper()
	want := map[string]string{}
	for _, pod := range f.truth() {
		rec, err := recordjson.FromJSON(s, marshal(pod))
		if err != nil {
			t.Fatal(err)
		}
		h := cut(rec)
		want[pod.Name] = fmt.Sprintf("%s@%d %x", h.uid, h.version, h.body)
	}
	return want
}

// same fails the test unless the view shows the truth.
func same(t testing.TB, f *fakeAPI, v *View) {
	t.Helper()
	if diff := cmp.Diff(wanted(t, f, v.projection), content(t, v)); diff != "" {
		t.Errorf("view differs from the API server (-want +got):\n%s", diff)
	}
}

// woken collects changes as text.
type woken struct {
	mu   sync.Mutex
	list []string
}

func (w *woken) add(c Change) {
	before, had := c.AppendBefore(nil)
	after, has := c.AppendAfter(nil)
	text := c.Name
	switch {
	case c.Initial:
		text = "initial " + text
	case !had:
		text = "new " + text
	case !has:
		text = "gone " + text
	default:
		text = fmt.Sprintf("changed %s %d→%d", text, cut(before).version, cut(after).version)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, text)
}

func (w *woken) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.list
	w.list = nil
	slices.Sort(taken)
	return taken
}

// expect fails the test unless exactly these changes came since the last call.
func (w *woken) expect(t *testing.T, why string, want ...string) {
	t.Helper()
	synctest.Wait()
	slices.Sort(want)
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Errorf("%s: changes (-want +got):\n%s", why, diff)
	}
}

func testLogger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func onNode(node string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.NodeName = node } }

func phase(phase corev1.PodPhase) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Status.Phase = phase }
}

func labeled(pairs ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Labels = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			p.Labels[pairs[i]] = pairs[i+1]
		}
	}
}

// TestFollowsTheServer runs one story in every way a reflector can read.
func TestFollowsTheServer(t *testing.T) {
	for _, c := range []struct {
		name     string
		shape    string
		listOnly bool
		accept   string
	}{
		{"protobuf stream", nodeShape, false, "application/vnd.kubernetes.protobuf,application/json"},
		{"protobuf list", nodeShape, true, "application/vnd.kubernetes.protobuf,application/json"},
		{"json stream", rawShape, false, "application/json"},
		{"json list", rawShape, true, "application/json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeAPI()
				for i := range 30 {
					f.put(makePod(fmt.Sprintf("pod-%d", i), onNode(fmt.Sprint("node-", i%3))))
				}
				s := NewSet(Options{Config: f.config(), Logger: testLogger(t), ListOnly: c.listOnly})
				run(t, s)
				v := open(t, s, ViewOptions{Projection: shape(t, c.shape)})
				if err := v.WaitForSync(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := v.lens.Load().generation.layout.accept(partialObject); got != c.accept {
					t.Errorf("accept = %q, want %q", got, c.accept)
				}
				same(t, f, v)

				f.put(makePod("pod-1", onNode("other")))
				f.put(makePod("new", labeled("a", "b")))
				f.remove("default", "pod-2")
				synctest.Wait()
				same(t, f, v)

				f.drop(false)
				f.put(makePod("while-away"))
				time.Sleep(time.Minute)
				synctest.Wait()
				same(t, f, v)

				f.drop(true)
				f.put(makePod("after-expiry"))
				f.remove("default", "pod-3")
				time.Sleep(time.Minute)
				synctest.Wait()
				same(t, f, v)
				if err := v.Problem(); err != nil {
					t.Errorf("Problem() = %v, want none", err)
				}
			})
		})
	}
}

// TestWakes holds the filter: no change missed, none spurious.
func TestWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"))) // 2
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "nodes"})
		phases := open(t, s, ViewOptions{Projection: shape(t, phaseShape), Plugin: "phases"})
		var byNode, byPhase, byLabel woken
		subscribe(t, nodes, nil, byNode.add)
		subscribe(t, phases, nil, byPhase.add)
		subscribe(t, phases, shape(t, `{metadata{labels map<string>}}`), byLabel.add)
		all := func(why string, node, phase, label []string) {
			t.Helper()
			byNode.expect(t, why+": nodes", node...)
			byPhase.expect(t, why+": phases", phase...)
			byLabel.expect(t, why+": labels", label...)
		}
		one := func(s string) []string { return []string{s} }
		all("first list", one("initial a"), one("initial a"), one("initial a"))

		f.put(makePod("a", onNode("n1"), func(p *corev1.Pod) { p.Status.Message = "noise" })) // 3
		all("field that nobody reads", nil, nil, nil)
		f.put(makePod("a", onNode("n1"), phase("Running"))) // 4
		all("phase", nil, one("changed a 3→4"), nil)
		f.put(makePod("a", onNode("n2"), phase("Running"))) // 5
		all("node", one("changed a 4→5"), nil, nil)
		f.put(makePod("a", onNode("n2"), phase("Running"), labeled("x", "y"))) // 6
		all("label", one("changed a 5→6"), one("changed a 5→6"), one("changed a 5→6"))

		f.remove("default", "a")                                               // 7
		f.put(makePod("a", onNode("n2"), phase("Running"), labeled("x", "y"))) // 8
		all("recreated", []string{"gone a", "new a"}, []string{"gone a", "new a"}, []string{"gone a", "new a"})

		f.drop(true)                                                           // 9
		f.put(makePod("a", onNode("n3"), phase("Running"), labeled("x", "y"))) // 10
		f.put(makePod("b"))                                                    // 11
		time.Sleep(time.Minute)
		all("relist", []string{"changed a 8→10", "new b"}, one("new b"), one("new b"))

		f.set(func() { f.lagging = true })
		f.remove("default", "a")
		f.put(makePod("a", onNode("n3"), phase("Running"), labeled("x", "y"))) // 13
		f.drop(true)
		f.tell(100)
		time.Sleep(time.Minute)
		all("another object of the name after a relist", one("changed a 10→13"), one("changed a 10→13"), one("changed a 10→13"))
	})
}

func subscribe(t *testing.T, v *View, wake *record.Shape, handler func(Change)) (cancel func()) {
	t.Helper()
	cancel, err := v.Watch(WatchOptions{Wake: wake, Handler: handler})
	if err != nil {
		t.Fatalf("Watch: %v", err)
	}
	return cancel
}

// TestUnionGrows opens a view that wants more while another is in use.
func TestUnionGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"), phase("Pending"))) // 2
		f.put(makePod("b", onNode("n1")))                   // 3
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape), Plugin: "nodes"})
		var byNode, byPhase woken
		subscribe(t, nodes, nil, byNode.add)
		byNode.expect(t, "first list", "initial a", "initial b")
		if got, want := f.count("watch=true"), 1; got != want {
			t.Errorf("%d watches for one view, want %d", got, want)
		}

		f.set(func() { f.lagging = true }) // the next list hangs behind
		f.put(makePod("a", onNode("n2")))  // 4
		f.tell(1)
		byNode.expect(t, "before", "changed a 2→4")
		phases := open(t, s, ViewOptions{Projection: shape(t, phaseShape), Plugin: "phases"})
		subscribe(t, phases, nil, byPhase.add)
		byNode.expect(t, "the same objects in another layout")
		byPhase.expect(t, "the first sight of them", "initial a", "initial b")
		same(t, f, nodes)
		same(t, f, phases)
		if got, want := f.count("watch=true"), 2; got != want {
			t.Errorf("%d watches after the union grew, want %d: one list anew", got, want)
		}

		again := open(t, s, ViewOptions{Projection: shape(t, phaseShape), Plugin: "again"})
		if !again.Synced() {
			t.Error("a view that wants nothing new is not synced at once")
		}
		phases.Close()
		f.put(makePod("b", onNode("n1"), phase("Running"))) // 5
		f.tell(1)
		byNode.expect(t, "noise")
		byPhase.expect(t, "closed")
		same(t, f, again)
		if got, want := f.count("watch=true"), 2; got != want {
			t.Errorf("%d watches in the end, want %d", got, want)
		}
	})
}

// TestUnionGrowsTwice has a view come while the cache for another is filled.
func TestUnionGrowsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"), phase("Running")))
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		views := []*View{open(t, s, ViewOptions{Projection: shape(t, nodeShape)})}
		synctest.Wait()
		for _, projection := range []string{phaseShape, `{status{reason string}}`, `{status{message string}}`} {
			views = append(views, open(t, s, ViewOptions{Projection: shape(t, projection)}))
		}
		synctest.Wait()
		for _, v := range views {
			same(t, f, v)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.watching != 1 {
			t.Errorf("%d watches are open in the end, want 1", f.watching)
		}
	})
}

func TestWatchLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a"))
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		synctest.Wait()
		var w woken
		cancel := subscribe(t, v, nil, w.add)
		if diff := cmp.Diff([]string{"initial a"}, w.take()); diff != "" {
			t.Errorf("changes during Watch of a synced view (-want +got):\n%s", diff)
		}
		f.put(makePod("b"))
		w.expect(t, "subscribed", "new b")
		cancel()
		f.put(makePod("c"))
		w.expect(t, "cancelled")
	})
}

// TestUnionGrowsBehind has the new list older than what the old cache knows.
func TestUnionGrowsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"))) // 2
		f.put(makePod("b", onNode("n1"))) // 3
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t), ListOnly: true})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		var byNode woken
		subscribe(t, nodes, nil, byNode.add)
		byNode.expect(t, "first list", "initial a", "initial b")

		f.put(makePod("a", onNode("n2"))) // 4
		f.remove("default", "b")          // 5
		byNode.expect(t, "events", "changed a 2→4", "gone b")
		f.set(func() { f.lagging, f.visible = true, 3 }) // another API server, which is behind
		f.tell(0)
		phases := open(t, s, ViewOptions{Projection: shape(t, phaseShape)})
		synctest.Wait()
		if phases.Synced() {
			t.Error("the next cache took over before it had caught up")
		}
		byNode.expect(t, "nothing goes back in time")
		old := nodes.lens.Load().generation
		rec, err := old.layout.record(f.put(makePod("a", onNode("n3")))) // 6
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Update(&object{rec: rec}); err != nil {
			t.Fatal(err)
		}
		byNode.expect(t, "an event that was under way when the old cache stopped")
		f.tell(1)
		byNode.expect(t, "nor now")
		f.tell(1)
		byNode.expect(t, "nor when it is the same again")
		f.tell(1)
		byNode.expect(t, "the event comes again", "changed a 4→6")
		if !phases.Synced() {
			t.Error("the next cache did not take over when it had caught up")
		}
		same(t, f, phases)
		same(t, f, nodes)
	})
}

// TestUnionGrowsAfterWrites has writes that no watch has told of yet.
func TestUnionGrowsAfterWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("gone"))            // 2
		f.put(makePod("a", onNode("n1"))) // 3
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		nodes := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		var w woken
		subscribe(t, nodes, nil, w.add)
		w.expect(t, "first list", "initial a", "initial gone")
		f.set(func() { f.lagging = true })
		uid, answer := f.remove("default", "gone") // 4
		deleted(t, nodes, "gone", uid, answer)
		w.expect(t, "delete", "gone gone")
		phases := open(t, s, ViewOptions{Projection: shape(t, phaseShape)})
		w.expect(t, "a list from before the delete")
		if !phases.Synced() {
			t.Error("the next cache waits, and there is nothing to wait for")
		}
		same(t, f, nodes)

		written(t, nodes, f.put(makePod("a", onNode("n2")))) // 5
		w.expect(t, "update", "changed a 3→5")
		reasons := open(t, s, ViewOptions{Projection: shape(t, `{status{reason string}}`)})
		synctest.Wait()
		if reasons.Synced() {
			t.Error("the next cache took over without a write that was read before")
		}
		f.tell(2)
		w.expect(t, "the watch catches up")
		same(t, f, nodes)
		same(t, f, reasons)
	})
}

func TestReadYourWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"))) // 2
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		var w woken
		subscribe(t, v, nil, w.add)
		w.expect(t, "first list", "initial a")
		f.set(func() { f.lagging = true })

		written(t, v, f.put(makePod("a", onNode("n2")))) // 3
		w.expect(t, "update", "changed a 2→3")
		written(t, v, f.put(makePod("new"))) // 4
		w.expect(t, "create", "new new")
		same(t, f, v)
		uid, answer := f.remove("default", "new") // 5
		deleted(t, v, "new", uid, answer)
		w.expect(t, "delete", "gone new")
		same(t, f, v)
		for range 3 {
			f.tell(1)
			w.expect(t, "the watch repeats it")
			same(t, f, v)
		}
		if n := len(v.lens.Load().generation.table.tombstones); n != 0 {
			t.Errorf("%d tombstones after the watch told of the deletion, want none", n)
		}

		body := f.put(makePod("late")) // 6
		f.remove("default", "late")    // 7
		f.tell(2)
		w.expect(t, "watch first", "gone late", "new late")
		written(t, v, body)
		w.expect(t, "an answer after the watch has told of the end")
		same(t, f, v)

		written(t, v, f.put(makePod("relisted"))) // 8
		w.expect(t, "create", "new relisted")
		f.set(func() { f.cut++ })
		time.Sleep(time.Minute)
		w.expect(t, "a list from before the write keeps it")
		same(t, f, v)
		f.tell(10)
		w.expect(t, "repeat")
	})
}

func TestDeletedButLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1")))
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, `{metadata{deletionTimestamp time}}`)})
		var w woken
		subscribe(t, v, nil, w.add)
		w.expect(t, "first list", "initial a")
		for _, c := range []struct{ answer, want, reason string }{
			{`{"kind":"Pod","metadata":{"namespace":"default","name":"a","uid":"uid-2","resourceVersion":"10","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30}}`,
				"changed a 2→10", "grace"},
			{`{"kind":"Pod","metadata":{"namespace":"default","name":"a","uid":"uid-2","resourceVersion":"11","deletionTimestamp":"2026-01-02T00:00:00Z","deletionGracePeriodSeconds":0,"finalizers":["x"]}}`,
				"changed a 10→11", "a finalizer"},
			{`{"kind":"Pod","metadata":{"namespace":"default","name":"a","uid":"uid-2","resourceVersion":"12","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":0}}`,
				"gone a", "nothing holds it"},
		} {
			deleted(t, v, "a", "uid-2", []byte(c.answer))
			w.expect(t, c.reason, c.want)
		}
	})
}

func written(t *testing.T, v *View, answer []byte) {
	t.Helper()
	if err := v.Written(answer); err != nil {
		t.Errorf("Written(%s): %v", answer, err)
	}
}

func deleted(t *testing.T, v *View, name, uid string, answer []byte) {
	t.Helper()
	if err := v.Deleted("default", name, uid, answer); err != nil {
		t.Errorf("Deleted(%s, %s, %s): %v", name, uid, answer, err)
	}
}

func TestCurrentVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a", onNode("n1"))) // 2
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		synctest.Wait()
		f.put(makePod("a", onNode("n2")))                                                // 3
		f.put(makePod("a", onNode("n2"), func(p *corev1.Pod) { p.Status.Reason = "x" })) // 4
		synctest.Wait()
		for _, c := range []struct {
			observed, current uint64
			unchanged         bool
			reason            string
		}{
			{2, 4, false, "the node changed since"},
			{3, 4, true, "only what nobody reads changed since"},
			{4, 4, true, "it is the current one"},
			{9, 9, true, "the guest is ahead of the cache"},
		} {
			current, unchanged, exists := v.CurrentVersion("default", "a", c.observed)
			if current != c.current || unchanged != c.unchanged || !exists {
				t.Errorf("%s: CurrentVersion(%d) = %d, %t, %t, want %d, %t, true",
					c.reason, c.observed, current, unchanged, exists, c.current, c.unchanged)
			}
		}
		if _, _, exists := v.CurrentVersion("default", "b", 1); exists {
			t.Error("CurrentVersion finds an object that does not exist")
		}
	})
}

func TestMissingResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		f.put(makePod("a"))
		fail := apierrors.NewGenericServerResponse(http.StatusNotFound, "get", schema.GroupResource{Resource: "pods"}, "", "404 page not found", 0, true)
		f.fail = func(*http.Request) *apierrors.StatusError { return fail }
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)})
		var w woken
		subscribe(t, v, nil, w.add)
		time.Sleep(10 * time.Minute)
		if err := v.Problem(); err == nil || !strings.HasPrefix(err.Error(), "the API server does not serve v1/pods;") || !apierrors.IsNotFound(err) {
			t.Errorf("Problem() = %v, want that the API server does not serve v1/pods", err)
		}
		f.set(func() {
			fail = apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", fmt.Errorf("user nobody cannot list"))
		})
		time.Sleep(10 * time.Minute)
		if err := v.Problem(); err == nil || !strings.HasPrefix(err.Error(), "the verbs list and watch of v1/pods are not allowed to this process:") {
			t.Errorf("Problem() = %v, want that it is not allowed", err)
		}
		if err := v.List(ListQuery{}, nil); !errors.Is(err, ErrNotSynced) {
			t.Errorf("List before the first list: %v, want %v", err, ErrNotSynced)
		}
		f.set(func() { fail = nil })
		time.Sleep(lastRetry)
		w.expect(t, "the resource appears", "initial a")
		if err := v.Problem(); err != nil {
			t.Errorf("Problem() = %v, want none", err)
		}
	})
}

func TestListQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		owned := func(uid string) func(*corev1.Pod) {
			return func(p *corev1.Pod) { setController(p, "apps/v1", "ReplicaSet", "rs", uid) }
		}
		in := func(ns string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Namespace = ns } }
		f.put(makePod("a", onNode("n1"), labeled("app", "web"), owned("u1")))
		f.put(makePod("b", onNode("n1"), labeled("app", "db")))
		f.put(makePod("c", in("other"), labeled("app", "web"), owned("u1")))
		f.put(makePod("d", in("other"), onNode("n2")))
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		run(t, s)
		owner, app, node := abi.Index{Kind: abi.IndexOwner}, abi.Index{Kind: abi.IndexLabel, Key: "app"}, abi.Index{Kind: abi.IndexField, Key: "spec.nodeName"}
		v := open(t, s, ViewOptions{Projection: shape(t, `{metadata{labels map<string>}}`), Indexes: []abi.Index{owner, app, node}})
		synctest.Wait()
		check := func(why string) {
			t.Helper()
			for _, c := range []struct {
				query ListQuery
				want  string
			}{
				{ListQuery{}, "a b c d"},
				{ListQuery{Namespace: "other"}, "c d"},
				{ListQuery{Namespace: "none"}, ""},
				{ListQuery{Index: owner, Value: "u1"}, "a c"},
				{ListQuery{Index: owner, Value: "u1", Namespace: "default"}, "a"},
				{ListQuery{Index: owner}, "b d"},
				{ListQuery{Index: owner, Namespace: "other"}, "d"},
				{ListQuery{Index: app, Value: "web"}, "a c"},
				{ListQuery{Index: app}, ""},
				{ListQuery{Index: node, Value: "n1"}, "a b"},
				{ListQuery{Index: node}, "c"},
				{ListQuery{Index: node, Value: "n1", Selector: selector(t, "app=db")}, "b"},
				{ListQuery{Selector: selector(t, "app in (web,db),!x")}, "a b c"},
				{ListQuery{Selector: selector(t, "!app")}, "d"},
			} {
				var got []string
				if err := v.List(c.query, func(rec []byte) bool { got = append(got, string(cut(rec).name)); return true }); err != nil {
					t.Errorf("%s: List(%+v): %v", why, c.query, err)
				}
				slices.Sort(got)
				if strings.Join(got, " ") != c.want {
					t.Errorf("%s: List(%+v) = %v, want %s", why, c.query, got, c.want)
				}
			}
		}
		check("after the list")
		f.put(makePod("a", onNode("n9"), labeled("app", "x")))
		f.put(makePod("d", in("other"), owned("u1")))
		f.remove("other", "c")
		f.put(makePod("a", onNode("n1"), labeled("app", "web"), owned("u1")))
		f.put(makePod("c", in("other"), labeled("app", "web"), owned("u1")))
		f.put(makePod("d", in("other"), onNode("n2")))
		synctest.Wait()
		check("after changes there and back")

		if err := v.List(ListQuery{Index: abi.Index{Kind: abi.IndexLabel, Key: "x"}}, nil); err == nil {
			t.Error("List by an index that the view does not have gives no error")
		}
		plain := open(t, s, ViewOptions{Projection: shape(t, `{spec{nodeName string}}`)})
		if err := plain.List(ListQuery{Selector: selector(t, "a=b")}, nil); !errors.Is(err, ErrNoLabels) {
			t.Errorf("List by labels without labels: %v, want %v", err, ErrNoLabels)
		}
	})
}

func selector(t *testing.T, text string) labels.Selector {
	t.Helper()
	s, err := labels.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeAPI()
		s := NewSet(Options{Config: f.config(), Logger: testLogger(t)})
		v := open(t, s, ViewOptions{Projection: shape(t, nodeShape)}) // before Run
		run(t, s)
		if err := v.WaitForSync(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.Close()
		synctest.Wait()
		if got := s.Resources(); len(got) != 0 {
			t.Errorf("Resources() = %v after the last view closed, want none", got)
		}
		select {
		case <-v.lens.Load().generation.stopped:
		default:
			t.Error("the reflector runs on after the last view closed")
		}
		if err := open(t, s, ViewOptions{Projection: shape(t, nodeShape)}).WaitForSync(t.Context()); err != nil {
			t.Errorf("a view opened after the last one closed: %v", err)
		}
	}) // synctest fails if a goroutine outlives Run
}
