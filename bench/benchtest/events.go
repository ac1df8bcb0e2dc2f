// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"bytes"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// BatchSize is how many events a batch has.
const BatchSize = 500

// Batches makes batches of watch events about some pods of a server. One
// event in ten changes what the benchmarks read of a pod, the last of a batch
// always does; the others are heartbeats.
type Batches struct {
	server  *Server
	stride  int // from one pod to the next
	next    int // resource version
	turns   [2]batch
	current int // the turn sent last
}

type batch struct {
	frames   []byte
	versions []int // where in frames each resource version stands
}

// placeholder has the length of all versions, so that they can be set in place.
const placeholder = "7777777777"

// NewBatches prepares batches about the first pods, in protobuf, or in JSON if
// the server speaks that only.
func NewBatches(s *Server) *Batches { return newBatches(s, 1) }

// SpreadBatches is [NewBatches] about pods from all over the server.
func SpreadBatches(s *Server) *Batches { return newBatches(s, s.pods/BatchSize) }

func newBatches(s *Server, stride int) *Batches {
	e := encoding(protobufEncoding{})
	if s.json {
		e = jsonEncoding{}
	}
	b := &Batches{server: s, stride: stride, next: 2 * firstPodRevision, current: 1}
	for turn := range b.turns {
		for i := range BatchSize {
			b.turns[turn].add(e.frame(watch.Modified, event(Pod(i*stride), i, turn)))
		}
	}
	return b
}

// event returns the pod as the i-th event of that turn has it.
func event(pod *corev1.Pod, i, turn int) *corev1.Pod {
	pod.ResourceVersion = placeholder
	Heartbeat(pod, metav1.NewTime(time.Unix(1_800_000_000+int64(turn), 0)))
	if Wakes(i) {
		pod.Status.Phase = [...]corev1.PodPhase{corev1.PodFailed, corev1.PodRunning}[turn]
	}
	return pod
}

// Wakes reports whether the i-th event of a batch changes what is read.
func Wakes(i int) bool { return i%10 == 9 }

func (b *batch) add(frame []byte) {
	b.versions = append(b.versions, len(b.frames)+bytes.Index(frame, []byte(placeholder)))
	b.frames = append(b.frames, frame...)
}

// Send sends the next batch. The one before must have been read.
func (b *Batches) Send() {
	b.current = 1 - b.current
	current := &b.turns[b.current]
	for _, at := range current.versions {
		b.next++
		strconv.AppendInt(current.frames[:at], int64(b.next), 10) // in place
	}
	b.server.Send(current.frames)
}

// Last returns the namespace and name of the pod of a batch's last event.
func (b *Batches) Last() (namespace, name string) { return Key((BatchSize - 1) * b.stride) }
