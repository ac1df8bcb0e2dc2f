// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// Judgement is what came out.
type Judgement struct {
	// Judged counts the growths that the rule was applied to. Unknown counts
	// those to which it was not, because the controller or a version of its spec
	// was not seen: it came and went while no watch ran.
	Judged, Unknown int

	// Wrong has a sentence for each offence, in the order of revisions.
	Wrong []string
}

// Judge judges a history, whose entries may come in any order.
func Judge(entries []Entry) Judgement {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Revision, b.Revision) })
	j := judge{objects: map[types.UID]known{}, owned: map[types.UID]map[types.UID]bool{}, specs: map[types.UID][]spec{}}
	for i := range entries {
		j.learn(&entries[i])
	}
	return j.result
}

type judge struct {
	result  Judgement
	objects map[types.UID]known
	owned   map[types.UID]map[types.UID]bool // by controller
	specs   map[types.UID][]spec             // of controllers, also of removed ones, by revision
}

type known struct {
	Object
	kind Kind
}

// spec is what a version of a controller says.
type spec struct {
	revision             int64
	generation, observed int64
	limit                int
}

func (j *judge) learn(e *Entry) {
	for _, uid := range j.removed(e) {
		delete(j.owned[j.objects[uid].Owner], uid)
		delete(j.objects, uid)
	}
	if e.Gone {
		return
	}
	// What weighs less now comes first, since in a list the order is not known.
	var created, grown []Object
	for _, o := range e.Objects {
		old, existed := j.objects[o.UID]
		j.set(e.Kind, e.Revision, o)
		switch {
		case o.Owner == "":
		case !existed:
			created, grown = append(created, o), append(grown, o)
		case old.Owner == o.Owner && o.Weight > old.Weight:
			grown = append(grown, o)
		}
	}
	for _, o := range grown {
		j.checkLimit(e, o)
	}
	for _, o := range created {
		j.checkTwin(e, o)
	}
}

// removed are the objects that an entry says have gone.
func (j *judge) removed(e *Entry) []types.UID {
	if e.Gone {
		return []types.UID{e.Objects[0].UID}
	}
	if !e.All {
		return nil
	}
	listed := map[types.UID]bool{}
	for _, o := range e.Objects {
		listed[o.UID] = true
	}
	var gone []types.UID
	for uid, o := range j.objects {
		if o.kind == e.Kind && !listed[uid] {
			gone = append(gone, uid)
		}
	}
	return gone
}

// set takes a version of an object over.
func (j *judge) set(kind Kind, revision int64, o Object) {
	delete(j.owned[j.objects[o.UID].Owner], o.UID)
	j.objects[o.UID] = known{o, kind}
	if kind != Pod {
		j.specs[o.UID] = append(j.specs[o.UID], spec{revision, o.Generation, o.Observed, o.Limit})
	}
	if j.owned[o.Owner] == nil {
		j.owned[o.Owner] = map[types.UID]bool{}
	}
	j.owned[o.Owner][o.UID] = true
}

func (j *judge) checkLimit(e *Entry, o Object) {
	if o.Weight == 0 {
		return
	}
	since := e.Revision
	if e.All {
		since = e.Since
	}
	limit, ok := j.limit(o.Owner, since)
	if !ok {
		j.result.Unknown++
		return
	}
	j.result.Judged++
	weight := 0
	for uid := range j.owned[o.Owner] {
		weight += j.objects[uid].Weight
	}
	if weight > limit {
		owner := j.objects[o.Owner]
		j.result.Wrong = append(j.result.Wrong, fmt.Sprintf("revision %d: with %s %s, %s %s has %d where it may have %d",
			e.Revision, e.Kind, o.Key, cmp.Or(owner.kind, "controller"), cmp.Or(owner.Key, string(o.Owner)), weight, limit))
	}
}

// limit is the most that may weigh on a controller, seen from what it had
// observed at a revision. It is not known if one of the generations since was
// not seen.
func (j *judge) limit(controller types.UID, since int64) (limit int, ok bool) {
	var observed, latest int64
	limits := map[int64]int{}
	for _, s := range j.specs[controller] {
		if s.revision <= since {
			observed = max(observed, s.observed)
		}
		latest = max(latest, s.generation)
		limits[s.generation] = s.limit
	}
	for generation := max(observed, 1); generation <= latest; generation++ {
		allowed, seen := limits[generation]
		if !seen {
			return 0, false
		}
		limit = max(limit, allowed)
	}
	return limit, latest > 0
}

// checkTwin looks for another ReplicaSet with the template.
func (j *judge) checkTwin(e *Entry, o Object) {
	if o.Template == "" {
		return
	}
	for uid := range j.owned[o.Owner] {
		other := j.objects[uid]
		if uid != o.UID && other.Template == o.Template {
			j.result.Wrong = append(j.result.Wrong, fmt.Sprintf("revision %d: ReplicaSet %s was created beside %s, which has its template", e.Revision, o.Key, other.Key))
		}
	}
}
