// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wasm-controller-manager/wcm/host/project"
)

// BenchmarkPod reads one pod of 5 kB with managedFields: extraction of the
// record beside the typed decode of client-go, and what is done with records.
func BenchmarkPod(b *testing.B) {
	b.Run("json/record", func(b *testing.B) { benchmarkJSON(b, livePod) })
	b.Run("json/indented", func(b *testing.B) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, livePod, "", "  "); err != nil {
			b.Fatal(err)
		}
		benchmarkJSON(b, indented.Bytes())
	})
	b.Run("json/valid", func(b *testing.B) { // the speed of encoding/json's scanner, for comparison
		b.SetBytes(int64(len(livePod)))
		for b.Loop() {
			if !json.Valid(livePod) {
				b.Fatal("not valid")
			}
		}
	})
	b.Run("json/typed", func(b *testing.B) {
		benchmarkDecode(b, scheme.Codecs.UniversalDeserializer(), livePod)
	})
	b.Run("protobuf/record", benchmarkProto)
	b.Run("protobuf/typed", func(b *testing.B) {
		var data bytes.Buffer
		serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
		if err := serializer.Encode(decodedPod(b), &data); err != nil {
			b.Fatal(err)
		}
		benchmarkDecode(b, serializer, data.Bytes())
	})
	b.Run("union/compare", benchmarkCompare)
	b.Run("union/transcode", benchmarkTranscode)
	b.Run("union/field", benchmarkField)
}

// unionShape is what several plugins read, podShape is what one of them does.
const unionShape = "{metadata{annotations map<string>,deletionTimestamp time,labels map<string>,name string,namespace string," +
	"ownerReferences list<{apiVersion string,controller bool?,kind string,name string,uid string}>,uid string}," +
	"spec{containers list<{image string,name string}>,nodeName string}," +
	"status{conditions list<{reason string,status string,type string}>,containerStatuses list<{restartCount int}>,hostIP string,phase string,podIP string}}"

func decodedPod(b *testing.B) *corev1.Pod {
	b.Helper()
	pod := &corev1.Pod{}
	if err := json.Unmarshal(livePod, pod); err != nil {
		b.Fatal(err)
	}
	pod.APIVersion, pod.Kind = "v1", "Pod"
	return pod
}

func benchmarkJSON(b *testing.B, object []byte) {
	j := project.NewJSON(shape(b, podShape))
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(nil, object); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkProto(b *testing.B) {
	p, err := project.NewProto(shape(b, podShape), reflect.TypeFor[corev1.Pod]())
	if err != nil {
		b.Fatal(err)
	}
	data := livePodMessage(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Append(nil, data); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkDecode(b *testing.B, decoder runtime.Decoder, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decoder.Decode(data, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkCompare(b *testing.B) {
	before := body(b, shape(b, unionShape), livePod)
	after := bytes.Clone(before)
	b.ReportAllocs()
	for b.Loop() {
		if !bytes.Equal(before, after) {
			b.Fatal("equal bodies differ")
		}
	}
}

func benchmarkTranscode(b *testing.B) {
	from := shape(b, unionShape)
	transcoder, err := project.NewTranscoder(from, shape(b, podShape))
	if err != nil {
		b.Fatal(err)
	}
	union := body(b, from, livePod)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = transcoder.Append(dst[:0], union)
	}
}

func benchmarkField(b *testing.B) {
	s := shape(b, unionShape)
	path, err := newPath(s, "spec.nodeName")
	if err != nil {
		b.Fatal(err)
	}
	union := body(b, s, livePod)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = path.AppendText(dst[:0], union)
	}
}
