// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package load plays the users of a cluster: it creates, scales, rolls out and
// deletes what controllers work on, without waiting for them more than users
// do, and remembers what it has asked for. It judges only what cannot be seen
// at the end: what a deletion has to leave, and when.
package load

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// Prefix begins the names of all namespaces of the load.
const Prefix = "chaos-"

// Wish is what the load wants a workload to be in the end.
type Wish struct {
	Replicas int
	Image    string
}

// Wishes are what there has to be in the end: nothing more, and nothing less.
type Wishes struct {
	Namespaces map[string]bool
	Workloads  map[string]Wish // by kind namespace/name; Deployments, ReplicaSets and ReplicationControllers that are nobody's
	Services   map[string]bool // by namespace/name
	Deleted    map[types.UID]string
}

// forget forgets a namespace with everything in it.
func (w *Wishes) forget(namespace string) {
	delete(w.Namespaces, namespace)
	inside := func(key string) bool { return strings.Contains(key, " "+namespace+"/") }
	maps.DeleteFunc(w.Workloads, func(key string, _ Wish) bool { return inside(key) })
	maps.DeleteFunc(w.Services, func(key string, _ bool) bool { return inside(" " + key) })
}

// Load is a load. Its methods may be called from anywhere.
type Load struct {
	client  kubernetes.Interface
	dynamic dynamic.Interface
	seed    uint64

	mu     sync.Mutex
	wishes Wishes         // guarded by mu
	counts map[string]int // what was done how often; guarded by mu
	wrong  []string       // guarded by mu
}

// New returns a load that has not begun. Two with the same seed want the same
// in the same order.
func New(client kubernetes.Interface, dynamic dynamic.Interface, seed uint64) *Load {
	return &Load{
		client: client, dynamic: dynamic, seed: seed, counts: map[string]int{},
		wishes: Wishes{
			Namespaces: map[string]bool{}, Workloads: map[string]Wish{}, Services: map[string]bool{},
			Deleted: map[types.UID]string{},
		},
	}
}

// stories are what users do again and again, each on objects of its own.
var stories = []struct {
	name string
	tell func(ctx context.Context, u *user)
}{
	{"rollouts", rollouts},
	{"replicasets", replicaSets},
	{"replicationcontrollers", replicationControllers},
	{"namespaces", namespaces},
	{"quotas", quotas},
	{"nodes", nodes},
}

// Run plays each story as many times at once as wanted, until end is closed and
// each has come to a point where it can be left. ctx ends it at once.
func (l *Load) Run(ctx context.Context, end <-chan struct{}, each int) {
	var all sync.WaitGroup
	for n := range each {
		for i, story := range stories {
			u := &user{
				Load: l, Rand: rand.New(rand.NewPCG(l.seed, uint64(n*len(stories)+i))),
				number: n, namespace: fmt.Sprint(Prefix, story.name, "-", n), end: end,
			}
			all.Go(func() { story.tell(ctx, u) }) // ends with end or ctx
		}
	}
	all.Wait()
}

// Wishes returns what there has to be now. It is not to be called while the
// load runs.
func (l *Load) Wishes() Wishes { return l.wishes }

// Counts returns what was done how often, as lines in the order of the alphabet.
func (l *Load) Counts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for what, n := range l.counts {
		lines = append(lines, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(lines)
	return lines
}

// Total is how many things were done.
func (l *Load) Total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for _, n := range l.counts {
		total += n
	}
	return total
}

// Wrong returns a sentence for each thing that was wrong on the way.
func (l *Load) Wrong() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.wrong)
}

func (l *Load) blame(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// wish changes the wishes.
func (l *Load) wish(change func(w *Wishes)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.wishes)
}

// user is somebody who plays a story. One goroutine uses it.
type user struct {
	*Load
	*rand.Rand

	number    int // of those with the same story
	namespace string
	end       <-chan struct{}
	renewals  int // how often a workload was deleted and created again
}

// goesOn waits as users do between two things, and tells whether there is
// another one to do.
func (u *user) goesOn(ctx context.Context) bool {
	pause := time.NewTimer(200*time.Millisecond + time.Duration(u.Int64N(int64(1500*time.Millisecond))))
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-u.end:
	case <-ctx.Done():
	}
	return false
}
