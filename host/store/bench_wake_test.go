// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// BenchmarkMapping maps the change of a pod to keys, where another plugin makes
// the cache wider than the mapping needs it. Of the 100 primary objects of the
// namespace one selects the pod.
func BenchmarkMapping(b *testing.B) {
	const selected = `{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}?}}`
	for _, c := range []struct {
		name    string
		watch   abi.Watch
		primary string
		format  string // of the selector of one primary
	}{
		{"owns", abi.Watch{Mapping: abi.MapOwns}, `{spec{replicas int}}`, ""},
		{"label", abi.Watch{Mapping: abi.MapLabel, Key: "app"}, `{spec{replicas int}}`, ""},
		{"field", abi.Watch{Mapping: abi.MapField, Key: "spec.nodeName"}, `{spec{replicas int}}`, ""},
		{"map of 100", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, `{spec{selector map<string>}}`, `{"app":"web-%d"}`},
		{"LabelSelector of 100", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, selected, `{"matchLabels":{"app":"web-%d"}}`},
		{"expression of 100", abi.Watch{Mapping: abi.MapSelectedBy, Key: "spec.selector"}, selected, `{"matchExpressions":[{"key":"app","operator":"In","values":["web-%d","other"]}]}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := NewSet(Options{Logger: slog.New(slog.DiscardHandler)})
			needs, err := MappingNeeds(c.watch, nil)
			if err != nil {
				b.Fatal(err)
			}
			watched := filled(b, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(b, `{status{phase string}}`), Needs: &needs})
			filled(b, s, ViewOptions{Resource: pods, Kind: "Pod", Namespaced: true, Projection: shape(b, benchProjection(b)), Plugin: "wide"})
			var primaries []string
			for i := range 100 {
				if c.format != "" {
					primaries = append(primaries, fmt.Sprintf(`{"metadata":{"namespace":"ns","name":"web-%d"},"spec":{"replicas":3,"selector":`+c.format+`}}`, i, i))
				}
			}
			primary := filled(b, s, ViewOptions{Resource: gvr(rcs), Kind: rcs.Kind, Namespaced: true, Projection: shape(b, c.primary)})
			filled(b, s, ViewOptions{Resource: gvr(rcs), Kind: rcs.Kind, Namespaced: true, Projection: shape(b, `{metadata{labels map<string>},spec{replicas int,template raw}}`), Plugin: "wide"}, primaries...)
			m, err := NewMapping(MappingOptions{Watch: c.watch, Primary: rcs, PrimaryView: primary, View: watched})
			if err != nil {
				b.Fatal(err)
			}
			pod := livePod(b, 1)
			pod.Namespace, pod.Labels["app"] = "ns", "web-7"
			pod.OwnerReferences[0].APIVersion, pod.OwnerReferences[0].Kind = "v1", rcs.Kind
			change := changeOf(b, watched, "", string(marshal(pod)))
			var keys []Key
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				keys = m.AppendKeys(keys[:0], change)
			}
			b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
			if len(keys) != 1 {
				b.Errorf("AppendKeys = %v, want one key", keys)
			}
		})
	}
}

// BenchmarkWake decides for each watcher whether a change of bytes that none
// of them reads wakes it. All read the same fields.
func BenchmarkWake(b *testing.B) {
	for _, n := range []int{1, 2, 10} {
		b.Run(fmt.Sprint(n, " watchers"), func(b *testing.B) {
			g, v := benchGeneration(b, nil)
			for range n {
				wake := shape(b, `{metadata{labels map<string>},status{phase string}}`)
				if _, err := v.Watch(WatchOptions{Wake: wake, Handler: func(Change) { b.Error("the handler is called") }}); err != nil {
					b.Fatal(err)
				}
			}
			pod := livePod(b, 1)
			var recs [2][]byte
			for i := range recs {
				pod.ResourceVersion, pod.Spec.NodeName = fmt.Sprint(i+1), fmt.Sprint("node-", i)
				recs[i] = recordOf(b, g.layout, string(marshal(pod)))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				g.informer.watchers.tell(change{before: recs[i&1], after: recs[i&1^1]})
				i++
			}
		})
	}
}
