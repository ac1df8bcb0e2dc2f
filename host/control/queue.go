// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import "k8s.io/client-go/util/workqueue"

// work is the queue of one Run: client-go's work queue over two lanes, and
// client-go's delaying queue in front of it for keys that wait for a time. Its
// rate-limiting queue is not used, because how often a key has failed decides
// more than its delay; the Controller keeps that count.
type work struct {
	*workqueue.Typed[Key]
	lanes   *lanes
	delayed workqueue.TypedDelayingInterface[Key]
}

// newWork starts the goroutines that client-go's queues need; stop ends them.
// A key whose time has come is passed to add.
func newWork(name string, metrics workqueue.MetricsProvider, add func(Key)) *work {
	w := &work{lanes: newLanes()}
	w.Typed = workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[Key]{
		Name:            name,
		MetricsProvider: metrics,
		Queue:           w.lanes,
	})
	w.delayed = workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[Key]{
		Name:            name,
		MetricsProvider: metrics,
		Queue:           readyAdder{w.Typed, add},
	})
	return w
}

// addLocked adds a key to a lane. The caller holds the Controller's mutex,
// which also guards lanes.pushLow.
func (w *work) addLocked(key Key, low bool) {
	w.lanes.pushLow = low
	w.Add(key)
}

// doneLocked ends the work on a key. If the key was added in the meantime it
// waits again, in the normal lane: it may be a change.
func (w *work) doneLocked(key Key) {
	w.lanes.pushLow = false
	w.Done(key)
}

// stop makes Get return what is left and then report the shutdown.
func (w *work) stop() { w.delayed.ShutDown() }

// readyAdder is a work queue whose Add goes another way.
type readyAdder struct {
	*workqueue.Typed[Key]
	add func(Key)
}

// Add passes on a key whose time has come.
func (r readyAdder) Add(key Key) { r.add(key) }

// kept holds the keys that are added while nothing runs.
type kept struct {
	lanes *lanes
	keys  map[Key]struct{} // in lanes
}

func newKept() kept { return kept{lanes: newLanes(), keys: map[Key]struct{}{}} }

func (k *kept) add(key Key, low bool) {
	k.lanes.pushLow = low
	if _, ok := k.keys[key]; ok {
		k.lanes.Touch(key)
		return
	}
	k.keys[key] = struct{}{}
	k.lanes.Push(key)
}
