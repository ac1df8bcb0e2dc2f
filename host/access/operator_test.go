// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// world is everything that an operator touches, and notes what it is asked.
type world struct {
	objects map[string]string // JSON by key, as the cache has it
	unready error
	current uint64
	changed bool
	answer  string // of the API server
	fail    error
	object  string        // that a get of the API server has; empty: answer
	lost    error         // of such a get; nil: fail
	grants  *grant.Grants // nil: everything that the description wants
	leads   error
	limits  access.Limits
	log     bytes.Buffer
	written []string
	sent    []abi.WriteRequest
	asked   []string // live reads
	events  []abi.Event
	metrics []abi.Metric
	full    bool // no series more
}

var projection = record.Shape{Kind: record.Struct, Fields: []record.Field{
	{Name: "data", Shape: record.Shape{Kind: record.Map, Elem: &record.Shape{Kind: record.String}}},
}}

func (w *world) Synced() bool   { return w.unready == nil }
func (w *world) Problem() error { return w.unready }

func (w *world) AppendGet(buffer []byte, namespace, name string) ([]byte, bool) {
	object, found := w.objects[namespace+"/"+name]
	if !found {
		return buffer, false
	}
	rec, err := project.NewJSON(&projection).Append(buffer, []byte(object))
	return rec, err == nil
}

func (w *world) List(q store.ListQuery, visit func([]byte) bool) error {
	if q.Index.Kind != abi.IndexNone {
		return store.ErrNoIndex
	}
	for key := range w.objects {
		namespace, name, _ := strings.Cut(key, "/")
		rec, _ := w.AppendGet(nil, namespace, name)
		if !visit(rec) {
			break
		}
	}
	return nil
}

func (w *world) CurrentVersion(namespace, name string, _ uint64) (uint64, bool, bool) {
	_, exists := w.objects[namespace+"/"+name]
	return w.current, !w.changed, exists
}

func (w *world) Written(object []byte) error {
	w.written = append(w.written, "written "+string(object))
	return nil
}

func (w *world) Deleted(namespace, name, uid string, object []byte) error {
	w.written = append(w.written, "deleted "+namespace+"/"+name+" "+uid+" "+string(object))
	return nil
}

// api is the API server's side, whose Get and List would clash with the cache's.
type api struct{ *world }

func (a api) Get(_ context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error) {
	a.asked = append(a.asked, strings.Join([]string{"get", t.Resource, namespace, name, subresource}, " "))
	if a.object != "" || a.lost != nil {
		return []byte(a.object), a.lost
	}
	return []byte(a.answer), a.fail
}

func (a api) List(_ context.Context, t kube.Target, o kube.ListOptions) ([]byte, error) {
	a.asked = append(a.asked, "list "+t.Resource+" "+o.Namespace)
	return []byte(a.answer), a.fail
}

func (a api) Write(_ context.Context, _ abi.Operation, _ kube.Target, w *abi.WriteRequest) ([]byte, error) {
	a.sent = append(a.sent, *w)
	return []byte(a.answer), a.fail
}

type events struct{ *world }

func (e events) Record(_ kube.Target, event *abi.Event) {
	e.world.events = append(e.world.events, *event)
}

type metrics struct{ *world }

func (m metrics) Record(metric *abi.Metric) error {
	if m.full {
		return fmt.Errorf("metric %s: %w", metric.Name, limit.ErrExceeded)
	}
	m.world.metrics = append(m.world.metrics, *metric)
	return nil
}

func (w *world) CanWrite() error { return w.leads }

func (w *world) operator() *access.Operator { return access.New(w.options()) }

func (w *world) options() access.Options {
	d := &abi.Description{Resources: []abi.Resource{
		{Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Projection: &projection, Reads: []string{"scale/get"},
			Writes: []string{"create", "update", "patch", "delete", "deletecollection", "status/patch", "scale/patch"}},
		{Version: "v1", Resource: "secrets", Kind: "Secret", Writes: []string{"update"}, Reads: []string{"get", "list"}},
		{Version: "v1", Resource: "pods", Kind: "Pod"},
	}}
	g := grant.Wanted(d)
	if w.grants != nil {
		g = *w.grants
	}
	return access.Options{
		Plugin: "p", Description: d, Policy: grant.NewPolicy("p", d, g),
		Caches: []access.Cache{w, nil, nil},
		API:    api{w}, Events: events{w}, Metrics: metrics{w}, Leadership: w,
		Logger: slog.New(slog.NewTextHandler(&w.log, nil)), Limits: w.limits,
	}
}

// message is what every request is.
type message interface{ Append([]byte) []byte }

// operate performs one operation and returns the status and the text of the
// result: an error's message, or a record as JSON.
func (w *world) operate(t *testing.T, op abi.Operation, m message) (abi.Status, string) {
	t.Helper()
	status, result := w.operator().Operate(t.Context(), op, m.Append(nil), nil)
	if status != abi.StatusOK {
		var failure abi.Error
		if err := failure.Decode(result); err != nil {
			t.Fatalf("%s: error result: %v", op, err)
		}
		return status, failure.Message
	}
	if op == abi.OpList || len(result) == 0 || result[0] == '{' {
		return status, string(result)
	}
	return status, render(t, result)
}

func render(t *testing.T, rec []byte) string {
	t.Helper()
	text, err := recordjson.ToJSON(&projection, rec)
	if err != nil {
		t.Fatalf("record %x: %v", rec, err)
	}
	return string(text)
}

const configMap = `{"kind":"ConfigMap","metadata":{"namespace":"n","name":"a","uid":"u","resourceVersion":"7"},"data":{"k":"v"}}`

const secret = `{"kind":"Secret","metadata":{"namespace":"n","name":"a","uid":"s","resourceVersion":"8"}}`

func TestReads(t *testing.T) {
	notFound := apierrors.NewNotFound(resource("configmaps"), "a")
	tests := []struct {
		reason string
		op     abi.Operation
		m      message
		world  world
		status abi.Status
		want   string // a part of the result
	}{
		{"from the cache", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a"},
			world{objects: map[string]string{"n/a": configMap}}, abi.StatusOK, `"k":"v"`},
		{"not in the cache", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "b"},
			world{}, abi.StatusNotFound, "v1/configmaps n/b is not in the cache"},
		{"the cache is not filled", abi.OpGet, &abi.GetRequest{Name: "a"},
			world{unready: errors.New("no such resource")}, abi.StatusNotReady, "no such resource"},
		{"no projection", abi.OpGet, &abi.GetRequest{Resource: 1, Name: "a"},
			world{}, abi.StatusUnsupported, "v1/secrets has no projection, so it is not cached: ask live"},
		{"a resource that the description does not have", abi.OpGet, &abi.GetRequest{Resource: 9},
			world{}, abi.StatusBadRequest, "resource 9: the description has 3"},
		{"live", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Live: true},
			world{answer: configMap}, abi.StatusOK, `"k":"v"`},
		{"live and gone", abi.OpGet, &abi.GetRequest{Namespace: "n", Name: "a", Live: true},
			world{fail: notFound}, abi.StatusNotFound, `configmaps "a" not found`},
		{"a subresource of another kind comes as JSON", abi.OpGet, &abi.GetRequest{Name: "a", Subresource: "scale"},
			world{answer: `{"kind":"Scale"}`}, abi.StatusOK, `{"kind":"Scale"}`},
		{"list", abi.OpList, &abi.ListRequest{Namespace: "n"},
			world{objects: map[string]string{"n/a": configMap}}, abi.StatusOK, "\x01k\x01v"},
		{"an index that was not declared", abi.OpList, &abi.ListRequest{Index: abi.Index{Kind: abi.IndexOwner}},
			world{}, abi.StatusBadRequest, "list v1/configmaps: the view has no such index"},
		{"a live read of what is not cached", abi.OpGet, &abi.GetRequest{Resource: 1, Name: "a", Live: true},
			world{answer: `{"kind":"Secret"}`}, abi.StatusOK, `{"kind":"Secret"}`},
		{"no name, which would be the collection", abi.OpGet, &abi.GetRequest{Resource: 1, Namespace: "n", Live: true},
			world{}, abi.StatusBadRequest, "get v1/secrets: the name is empty"},
		{"no name, which would be the object of the subresource's name", abi.OpGet, &abi.GetRequest{Namespace: "n", Subresource: "scale"},
			world{}, abi.StatusBadRequest, "get v1/configmaps: the name is empty"},
		{"a selector that is none", abi.OpList, &abi.ListRequest{LabelSelector: "a in"},
			world{}, abi.StatusBadRequest, "label_selector"},
		{"an index on a live list", abi.OpList, &abi.ListRequest{Live: true, Index: abi.Index{Kind: abi.IndexOwner}},
			world{}, abi.StatusUnsupported, "no indexes"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			status, text := test.world.operate(t, test.op, test.m)
			if status != test.status || !strings.Contains(text, test.want) {
				t.Errorf("%s %+v: got %s %q, want %s %q", test.op, test.m, status, text, test.status, test.want)
			}
		})
	}
}

func TestListLive(t *testing.T) {
	w := world{answer: `{"metadata":{"continue":"more"},"items":[` + configMap + `,` + configMap + `]}`}
	status, result := w.operator().Operate(t.Context(), abi.OpList, (&abi.ListRequest{Live: true}).Append(nil), nil)
	var list abi.ListResult
	if err := list.Decode(result); status != abi.StatusOK || err != nil || len(list.Items) != 2 || list.Continue != "more" {
		t.Fatalf("live list: got %s, %d items, continue %q, error %v; want 2 and more", status, len(list.Items), list.Continue, err)
	}
	if text := render(t, list.Items[1]); !strings.Contains(text, `"k":"v"`) {
		t.Errorf("second item: got %s, want its data", text)
	}
}

func TestWrites(t *testing.T) {
	conflict := apierrors.NewConflict(resource("configmaps"), "a", errors.New("changed"))
	cached := map[string]string{"n/a": configMap}
	base := abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte("{}")}
	with := func(change func(*abi.WriteRequest)) *abi.WriteRequest {
		w := base
		change(&w)
		return &w
	}
	tests := []struct {
		reason  string
		op      abi.Operation
		w       *abi.WriteRequest
		world   world
		status  abi.Status
		want    string // a part of the result
		sent    uint64 // the observed version that reached the API server
		unsent  bool
		written []string
	}{
		{reason: "the answer goes to the guest and into the cache", op: abi.OpPatch, w: &base,
			world: world{answer: configMap}, want: `"k":"v"`, written: []string{"written " + configMap}},
		{reason: "an old version that is still good is replaced", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Observed = 3 }),
			world: world{objects: cached, current: 7, answer: configMap}, sent: 7, written: []string{"written " + configMap}},
		{reason: "an old version that is not is a conflict without a request", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Observed = 3 }),
			world: world{objects: cached, current: 7, changed: true}, status: abi.StatusConflict, unsent: true,
			want: "v1/configmaps n/a has changed since version 3 was read: it is at 7"},
		{reason: "what the cache does not have is for the API server to judge", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Observed = 3 }),
			world: world{fail: conflict}, status: abi.StatusConflict, sent: 3},
		{reason: "a dry run changes no cache", op: abi.OpPatch, w: with(func(w *abi.WriteRequest) { w.DryRun = true }),
			world: world{answer: configMap}, want: `"k":"v"`},
		{reason: "another kind is JSON, and the object is read for the cache", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Subresource = "scale" }),
			world: world{answer: `{"kind":"Scale"}`, object: configMap}, want: `{"kind":"Scale"}`, written: []string{"written " + configMap}},
		{reason: "a dry run of another kind reads nothing", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Subresource, w.DryRun = "scale", true }),
			world: world{answer: `{"kind":"Scale"}`, object: configMap}, want: `{"kind":"Scale"}`},
		{reason: "an object that is gone after the write is the watch's business", op: abi.OpPatch,
			w:     with(func(w *abi.WriteRequest) { w.Subresource = "scale" }),
			world: world{answer: `{"kind":"Scale"}`, lost: apierrors.NewNotFound(resource("configmaps"), "a")}, want: `{"kind":"Scale"}`},
		{reason: "a write that reads would not include has failed", op: abi.OpPatch,
			w:      with(func(w *abi.WriteRequest) { w.Subresource = "scale" }),
			world:  world{answer: `{"kind":"Scale"}`, lost: apierrors.NewServiceUnavailable("no etcd")},
			status: abi.StatusUnavailable, want: "patch of v1/configmaps was done, but the object cannot be read after it: no etcd"},
		{reason: "deleted and gone", op: abi.OpDelete, w: with(func(w *abi.WriteRequest) { w.UID = "u" }),
			world: world{answer: `{"kind":"Status"}`}, written: []string{"deleted n/a u "}},
		{reason: "deleted and terminating", op: abi.OpDelete, w: &base,
			world: world{answer: configMap}, written: []string{"deleted n/a  " + configMap}},
		{reason: "a write that was not declared", op: abi.OpPatch,
			w:      with(func(w *abi.WriteRequest) { w.Resource = 1 }),
			status: abi.StatusDenied, unsent: true, want: `may not patch secrets "a" in namespace "n": the module does not ask for it`},
		{reason: "a subresource that was not declared", op: abi.OpPatch,
			w:      with(func(w *abi.WriteRequest) { w.Subresource = "binding" }),
			status: abi.StatusDenied, unsent: true, want: `may not patch configmaps/binding "a" in namespace "n": the module does not ask for it: writes of v1/configmaps lack "binding/patch"`},
		{reason: "an update of a part", op: abi.OpUpdate, w: &base,
			status: abi.StatusUnsupported, unsent: true, want: "patch or apply it"},
		{reason: "an update of what has no projection", op: abi.OpUpdate,
			w: with(func(w *abi.WriteRequest) { w.Resource = 1 }), world: world{answer: secret}, want: secret},
		{reason: "no name", op: abi.OpDelete, w: with(func(w *abi.WriteRequest) { w.Name = "" }),
			status: abi.StatusBadRequest, unsent: true, want: "the name is empty"},
		{reason: "not the leader", op: abi.OpPatch, w: &base, world: world{leads: errors.New("another leads")},
			status: abi.StatusNotLeader, unsent: true, want: "another leads"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			status, text := test.world.operate(t, test.op, test.w)
			if status != test.status || !strings.Contains(text, test.want) {
				t.Errorf("%s: got %s %q, want %s %q", test.op, status, text, test.status, test.want)
			}
			if diff := cmp.Diff(test.written, test.world.written); diff != "" {
				t.Errorf("the cache was told (-want +got):\n%s", diff)
			}
			if sent := test.world.sent; len(sent) == 0 != test.unsent {
				t.Errorf("requests: got %d, want none: %t", len(sent), test.unsent)
			} else if len(sent) > 0 && (sent[0].Observed != test.sent || sent[0].FieldManager != "p") {
				t.Errorf("request: got version %d by %q, want %d by the plugin", sent[0].Observed, sent[0].FieldManager, test.sent)
			}
		})
	}
}

// TestOddAnswerIsNoFailure answers a write that succeeded with an object
// whose field has another type than the projection says.
func TestOddAnswerIsNoFailure(t *testing.T) {
	w := world{answer: strings.Replace(configMap, `{"k":"v"}`, `"odd"`, 1)}
	if status, text := w.operate(t, abi.OpPatch, &abi.WriteRequest{Namespace: "n", Name: "a"}); status != abi.StatusOK {
		t.Errorf("patch: got %s %q, want ok: the write happened", status, text)
	}
}

func TestObservations(t *testing.T) {
	w := world{}
	if status, text := w.operate(t, abi.OpEvent, &abi.Event{Name: "a", Reason: "Created"}); status != abi.StatusOK {
		t.Errorf("event: got %s %q", status, text)
	}
	if len(w.events) != 1 || w.events[0].Source != "p" {
		t.Errorf("events: got %+v, want one whose source is the plugin", w.events)
	}
	if status, _ := w.operate(t, abi.OpEvent, &abi.Event{Name: "a"}); status != abi.StatusBadRequest {
		t.Errorf("event without reason: got %s, want bad_request", status)
	}
	if status, _ := w.operate(t, abi.OpMetric, &abi.Metric{Name: "x_total", Value: 1}); status != abi.StatusOK || len(w.metrics) != 1 {
		t.Errorf("metric: got %s and %d, want it recorded", status, len(w.metrics))
	}
	ctx := access.WithReconcile(t.Context(), &access.Reconcile{Controller: "c", Namespace: "n", Name: "a", ID: "id-1"})
	line := abi.Log{Level: abi.LevelInfo, Message: "hello", Attributes: []abi.Pair{{Key: "k", Value: "v"}}}
	if status, _ := w.operator().Operate(ctx, abi.OpLog, line.Append(nil), nil); status != abi.StatusOK {
		t.Errorf("log: got %s", status)
	}
	if want := "level=INFO msg=hello controller=c namespace=n name=a reconcileID=id-1 k=v"; !strings.Contains(w.log.String(), want) {
		t.Errorf("log: got %q, want %q", &w.log, want)
	}
	if o := w.operator(); o.LogEnabled(ctx, abi.LevelDebug) || !o.LogEnabled(ctx, abi.LevelWarn) {
		t.Error("LogEnabled: want debug off and warn on")
	}
}

// TestMalformedRequestsAreNamed cuts every kind of request in the middle.
func TestMalformedRequestsAreNamed(t *testing.T) {
	w := world{}
	requests := map[abi.Operation]message{
		abi.OpGet: &abi.GetRequest{Name: "name"}, abi.OpList: &abi.ListRequest{Namespace: "name"},
		abi.OpPatch: &abi.WriteRequest{Name: "name"}, abi.OpEvent: &abi.Event{Name: "name"},
		abi.OpLog: &abi.Log{Message: "name"}, abi.OpMetric: &abi.Metric{Name: "name"},
		abi.OpHTTP: &abi.HTTPRequest{URL: "name"}, abi.OpSign: &abi.SignRequest{Key: "name"},
	}
	for op, m := range requests {
		b := m.Append(nil)
		status, result := w.operator().Operate(t.Context(), op, b[:len(b)-1], nil)
		if status != abi.StatusBadRequest || !bytes.Contains(result, []byte("malformed ")) {
			t.Errorf("%s of a truncated message: got %s %q, want bad_request that names the field", op, status, result)
		}
	}
}

func TestOperationsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("time is up"))
	w := world{objects: map[string]string{"n/a": configMap}}
	status, result := w.operator().Operate(ctx, abi.OpGet, (&abi.GetRequest{Namespace: "n", Name: "a"}).Append(nil), nil)
	if status != abi.StatusCanceled || !bytes.Contains(result, []byte("time is up")) {
		t.Errorf("get: got %s %q, want canceled with the cause", status, result)
	}
}

func resource(name string) schema.GroupResource { return schema.GroupResource{Resource: name} }
