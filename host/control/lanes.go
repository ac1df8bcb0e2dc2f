// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"container/list"

	"k8s.io/client-go/util/workqueue"
)

// fairShare is the number of keys after which the low lane gets one turn even
// if the normal lane never runs dry: a sixteenth of the workers' turns is too
// little to delay changes by a noticeable time, and enough to get through an
// initial list at last.
const fairShare = 16

// lanes stores the waiting keys of a work queue: those that changed in the
// normal lane, and those that are only looked at again (an initial list, a
// reload) in the low one, each first in, first out.
//
// A work queue does not pass on why it pushes a key. The caller says it by
// setting pushLow beforehand, and holds a lock over both.
type lanes struct {
	normal  workqueue.Queue[Key]
	low     list.List             // of Key
	inLow   map[Key]*list.Element // where each key of low is
	pushLow bool
	turns   int // keys taken from the normal lane since the last one from low
}

// Interface guards.
var _ workqueue.Queue[Key] = (*lanes)(nil)

func newLanes() *lanes {
	return &lanes{normal: workqueue.DefaultQueue[Key](), inLow: map[Key]*list.Element{}}
}

// Push adds a key that is in neither lane.
func (l *lanes) Push(key Key) {
	if l.pushLow {
		l.inLow[key] = l.low.PushBack(key)
		return
	}
	l.normal.Push(key)
}

// Touch is called when a key is added that is in one of the lanes already.
func (l *lanes) Touch(key Key) {
	if l.pushLow || len(l.inLow) == 0 {
		return
	}
	if at, ok := l.inLow[key]; ok {
		l.removeLow(key, at)
		l.normal.Push(key)
	}
}

// Len returns the number of keys in both lanes.
func (l *lanes) Len() int { return l.normal.Len() + len(l.inLow) }

// Pop takes the next key.
func (l *lanes) Pop() Key {
	key, _ := l.take()
	return key
}

// take is Pop that also says whether the key was in the low lane.
func (l *lanes) take() (key Key, low bool) {
	if l.normal.Len() > 0 && (len(l.inLow) == 0 || l.turns < fairShare-1) {
		l.turns++
		return l.normal.Pop(), false
	}
	l.turns = 0
	first := l.low.Front()
	key = first.Value.(Key)
	l.removeLow(key, first)
	return key, true
}

func (l *lanes) removeLow(key Key, at *list.Element) {
	l.low.Remove(at)
	delete(l.inLow, key)
}
