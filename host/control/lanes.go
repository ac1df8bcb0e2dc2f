// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"container/list"
	"time"
)

// fairShare is the number of keys after which the low lane gets one turn even
// if the normal lane never runs dry: a sixteenth of the workers' turns is too
// little to delay changes by a noticeable time, and enough to get through an
// initial list at last.
const fairShare = 16

// item is a key that waits for a worker.
type item struct {
	key   Key
	since time.Time     // when it began to wait
	low   *list.Element // where it is in the low lane; nil: not there
}

// lanes are the items that wait: those that changed in the normal lane, and
// those that are only looked at again (an initial list, a reload) in the low
// one, each first in, first out.
type lanes struct {
	normal []*item
	low    list.List // of *item
	turns  int       // items taken from the normal lane since the last one from low
}

// push adds an item that is in neither lane.
func (l *lanes) push(i *item, low bool) {
	if low {
		i.low = l.low.PushBack(i)
		return
	}
	l.normal = append(l.normal, i)
}

// raise moves an item to the normal lane if it is in the low one.
func (l *lanes) raise(i *item) {
	if i.low != nil {
		l.removeLow(i)
		l.push(i, false)
	}
}

// len returns the number of items in both lanes.
func (l *lanes) len() int { return len(l.normal) + l.low.Len() }

// take takes the next item; nil: there is none.
func (l *lanes) take() *item {
	first := l.low.Front()
	if len(l.normal) > 0 && (first == nil || l.turns < fairShare-1) {
		l.turns++
		return l.takeNormal()
	}
	l.turns = 0
	if first == nil {
		return nil
	}
	i := first.Value.(*item)
	l.removeLow(i)
	return i
}

// takeNormal lets go of the array with its last item: it may have been a large one.
func (l *lanes) takeNormal() *item {
	i := l.normal[0]
	l.normal[0] = nil
	if l.normal = l.normal[1:]; len(l.normal) == 0 {
		l.normal = nil
	}
	return i
}

func (l *lanes) removeLow(i *item) {
	l.low.Remove(i.low)
	i.low = nil
}
