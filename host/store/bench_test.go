// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/wasm-controller-manager/wcm/abi"
)

// The projection that benchmarks use: what a controller of pods reads.
const benchShape = `{metadata{creationTimestamp time,deletionTimestamp time,generateName string,labels map<string>,
ownerReferences list<{apiVersion string,controller bool,kind string,name string,uid string}>},
spec{nodeName string},status{conditions list<{lastTransitionTime time,status string,type string}>,phase string,startTime time}}`

func benchProjection(b testing.TB) string { b.Helper(); return compact(benchShape) }

func compact(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] != '\n' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// livePod is a pod as an API server sends it, managed fields and all.
func livePod(b testing.TB, i int) *corev1.Pod {
	b.Helper()
	pod := &corev1.Pod{}
	text, err := os.ReadFile("../project/testdata/pod-live.json")
	if err != nil {
		b.Fatal(err)
	}
	mustDecode(b, text, pod)
	pod.Namespace = fmt.Sprint("namespace-", i%50)
	pod.Name = fmt.Sprintf("web-7d4b9c6f8d-%05d", i)
	pod.UID = types.UID(fmt.Sprintf("0b1e5f5e-6c1f-4d53-9f0e-%012d", i))
	pod.ResourceVersion = fmt.Sprint(1000 + i)
	pod.OwnerReferences[0].UID = types.UID(fmt.Sprintf("7d0c1a52-90f3-4c8c-a9bb-%012d", i/10))
	pod.Spec.NodeName = fmt.Sprint("node-", i%500)
	return pod
}

// BenchmarkEvent is one watch event from its frame to the decision whether to
// wake: decoded, put into the cache, and compared for two watchers.
func BenchmarkEvent(b *testing.B) {
	for _, enc := range []struct {
		name string
		encoding
	}{{"json", jsonEncoding{}}, {"protobuf", protobufEncoding{}}} {
		for _, c := range []struct {
			name string
			edit func(*corev1.Pod)
		}{
			{"noise", func(p *corev1.Pod) { p.Status.Message = "noise" }},
			{"wake", func(p *corev1.Pod) { p.Status.Phase = "Failed" }},
		} {
			b.Run(enc.name+"/"+c.name, func(b *testing.B) { benchmarkEvent(b, enc.encoding, c.edit) })
		}
	}
}

func benchmarkEvent(b *testing.B, enc encoding, edit func(*corev1.Pod)) {
	g, _ := benchGeneration(b, nil)
	for _, wake := range []string{benchProjection(b), `{metadata{labels map<string>},status{phase string}}`} {
		v, err := g.informer.set.Open(ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(b, wake)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := v.Watch(WatchOptions{Handler: func(Change) {}}); err != nil {
			b.Fatal(err)
		}
	}
	pod := livePod(b, 1)
	pod.ResourceVersion = "0" // always taken as news
	frames := [2][]byte{enc.frame(watch.Modified, pod)}
	edit(pod)
	frames[1] = enc.frame(watch.Modified, pod)
	if enc.streamType() != "application/json" {
		frames[0], frames[1] = frames[0][4:], frames[1][4:] // the framer takes the length away
	}
	decoder, serializer, _, err := negotiator{g.layout}.StreamDecoder(enc.mediaType(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(frames[0])))
	b.ReportAllocs()
	i := 0
	began := cpu(b)
	for b.Loop() {
		var event metav1.WatchEvent
		if _, _, err := serializer.Decode(frames[i&1], nil, &event); err != nil {
			b.Fatal(err)
		}
		o, _, err := decoder.Decode(event.Object.Raw, nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := g.Update(o); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
}

// BenchmarkTypedEvent decodes the same objects as client-go's typed clients do,
// without the event around them and without a cache.
func BenchmarkTypedEvent(b *testing.B) {
	for _, enc := range []encoding{jsonEncoding{}, protobufEncoding{}} {
		b.Run(enc.mediaType(), func(b *testing.B) {
			pod := livePod(b, 1)
			pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
			text := enc.document(pod)
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				if _, _, err := stock.Decode(text, nil, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpu returns the processor time that this process has used: on a machine
// that others use too it says more than the time on the wall.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchGeneration returns a serving generation with the pods, and a view of it.
func benchGeneration(b testing.TB, recs []any, indexes ...abi.Index) (*generation, *View) {
	b.Helper()
	s := NewSet(Options{Logger: slog.New(slog.DiscardHandler)})
	v, err := s.Open(ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(b, benchProjection(b)), Indexes: indexes})
	if err != nil {
		b.Fatal(err)
	}
	g := v.informer.next.Load()
	if err := g.Replace(recs, "1"); err != nil {
		b.Fatal(err)
	}
	return g, v
}

func benchObjects(b testing.TB, n int) []any {
	b.Helper()
	l := newLayout(*shape(b, benchProjection(b)), nil)
	s := scratch{layout: l}
	objects := make([]any, n)
	for i := range objects {
		rec, err := s.record(l.json, marshal(livePod(b, i)))
		if err != nil {
			b.Fatal(err)
		}
		objects[i] = &object{rec: rec}
	}
	return objects
}

// BenchmarkHeap reports the heap per cached pod: ours, ours with indexes, and
// client-go's typed indexer, with a namespace index and without managed fields.
func BenchmarkHeap(b *testing.B) {
	const n = 50_000
	b.Run("records", func(b *testing.B) {
		benchmarkHeap(b, n, func() any {
			g, _ := benchGeneration(b, benchObjects(b, n))
			return g
		})
	})
	b.Run("records with two indexes", func(b *testing.B) {
		benchmarkHeap(b, n, func() any {
			g, _ := benchGeneration(b, benchObjects(b, n), abi.Index{Kind: abi.IndexOwner}, abi.Index{Kind: abi.IndexField, Key: "spec.nodeName"})
			return g
		})
	})
	b.Run("typed indexer", func(b *testing.B) {
		benchmarkHeap(b, n, func() any {
			indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
			for i := range n {
				pod := livePod(b, i)
				pod.ManagedFields = nil
				if err := indexer.Add(pod); err != nil {
					b.Fatal(err)
				}
			}
			return indexer
		})
	})
}

func benchmarkHeap(b *testing.B, n int, fill func() any) {
	for b.Loop() {
		before := heap()
		kept := fill()
		b.ReportMetric(float64(heap()-before)/float64(n), "B/pod")
		runtime.KeepAlive(kept)
	}
	b.ReportMetric(0, "ns/op")
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkGet reads one pod of 50,000 in the projection: the cache's own, and
// a part of it; with and without a reflector that writes all the time.
func BenchmarkGet(b *testing.B) {
	objects := benchObjects(b, 50_000)
	g, _ := benchGeneration(b, objects)
	for _, c := range []struct {
		name, projection string
		busy             bool
	}{
		{"whole", benchProjection(b), false},
		{"part", `{metadata{labels map<string>},status{phase string}}`, false},
		{"whole under writes", benchProjection(b), true},
		{"part under writes", `{metadata{labels map<string>},status{phase string}}`, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			v, err := g.informer.set.Open(ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(b, c.projection)})
			if err != nil {
				b.Fatal(err)
			}
			if c.busy {
				stop := make(chan struct{})
				stopped := make(chan struct{})
				go write(g, objects, stop, stopped)
				defer func() { close(stop); <-stopped }()
			}
			h := cut(objects[777].(*object).rec)
			key := h.key()
			b.ReportAllocs()
			began := cpu(b)
			b.RunParallel(func(pb *testing.PB) {
				var buffer []byte
				for pb.Next() {
					var ok bool
					if buffer, ok = v.AppendGet(buffer[:0], key.Namespace, key.Name); !ok {
						b.Error("AppendGet finds nothing")
					}
				}
			})
			b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// write updates objects until stop is closed.
func write(g *generation, objects []any, stop, stopped chan struct{}) {
	defer close(stopped)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
			h := cut(objects[i%len(objects)].(*object).rec)
			g.table.mu.Lock()
			g.table.put(&h, objects[i%len(objects)].(*object).rec)
			g.table.mu.Unlock()
		}
	}
}

// BenchmarkList lists the ten pods of one owner among 50,000, by index and by
// looking at all of their namespace.
func BenchmarkList(b *testing.B) {
	owner := abi.Index{Kind: abi.IndexOwner}
	_, v := benchGeneration(b, benchObjects(b, 50_000), owner)
	uid := string(livePod(b, 777).OwnerReferences[0].UID)
	selector, err := labels.Parse("app=web,pod-template-hash=7d4b9c6f5d")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		query ListQuery
	}{
		{"by owner", ListQuery{Index: owner, Value: uid}},
		{"by labels in a namespace of 1000", ListQuery{Namespace: "namespace-7", Selector: selector}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = 0
				if err := v.List(c.query, func([]byte) bool { n++; return true }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "objects")
		})
	}
}
