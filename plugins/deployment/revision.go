// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const (
	annotationRevision = "deployment.kubernetes.io/revision"
	annotationHistory  = "deployment.kubernetes.io/revision-history" // revisions that the ReplicaSet was before
	annotationRollback = "deprecated.deployment.rollback.to"         // of a Deployment: the revision to go back to
	annotationApplied  = "kubectl.kubernetes.io/last-applied-configuration"
)

// maxHistory is how long the history of revisions may become, in bytes.
const maxHistory = 2000

// own reports whether an annotation belongs to one object and is copied neither
// from a Deployment to its ReplicaSets nor back.
func own(annotation string) bool {
	switch annotation {
	case annotationApplied, annotationRevision, annotationHistory, annotationDesired, annotationMax, annotationRollback:
		return true
	}
	return false
}

// revision returns the revision of the ReplicaSet, 0 if it has none, and
// whether the annotation, if there is one, can be read.
func (rs *ReplicaSet) revision() (revision int64, readable bool) {
	text, found := rs.Annotations.Annotations.Lookup(annotationRevision)
	if !found || text == "" {
		return 0, true
	}
	revision, err := strconv.ParseInt(text, 10, 64)
	return revision, err == nil
}

// maxRevision returns the highest revision of the ReplicaSets.
func maxRevision(sets []*ReplicaSet) int64 {
	highest := int64(0)
	for _, rs := range sets {
		if revision, readable := rs.revision(); readable {
			highest = max(highest, revision)
		}
	}
	return highest
}

// lastRevision returns the highest revision but one, 0 if there is none.
func lastRevision(sets []*ReplicaSet) int64 {
	highest, second := int64(0), int64(0)
	for _, rs := range sets {
		switch revision, readable := rs.revision(); {
		case !readable:
		case revision >= highest:
			highest, second = revision, highest
		case revision > second:
			second = revision
		}
	}
	return second
}

// annotationsFor returns which annotations of the current ReplicaSet differ
// from what they are to be: those of the Deployment, and a revision above the
// ones of the old ReplicaSets. A revision that is higher already stays, because
// old ReplicaSets may have been cleaned up.
func annotationsFor(d *Deployment, rs *ReplicaSet, revision int64) sdk.Labels {
	has := rs.Annotations.Annotations
	var changed sdk.Labels
	for _, a := range d.Annotations.Annotations {
		if value, found := has.Lookup(a.Key); !own(a.Key) && (!found || value != a.Value) {
			changed = append(changed, a)
		}
	}
	before, readable := rs.revision()
	if !readable || before >= revision {
		return changed
	}
	changed = append(changed, sdk.Label{Key: annotationRevision, Value: strconv.FormatInt(revision, 10)})
	if was, found := has.Lookup(annotationRevision); found {
		if history := history(has.Get(annotationHistory), was); history != has.Get(annotationHistory) {
			changed = append(changed, sdk.Label{Key: annotationHistory, Value: history})
		}
	}
	return changed
}

// history appends a revision to a list, from which the oldest ones go when it
// becomes too long.
func history(list, revision string) string {
	if list == "" {
		return revision
	}
	for len(list)+len(",")+len(revision) > maxHistory {
		_, rest, more := strings.Cut(list, ",")
		if !more {
			return revision
		}
		list = rest
	}
	return list + "," + revision
}

// rollbackTo returns the revision that somebody asks to go back to, 0 for the
// last one, and whether somebody does. It was a field once; what is no number
// means nothing.
func (d *Deployment) rollbackTo() (revision int64, asked bool) {
	revision, err := strconv.ParseInt(d.Annotations.Annotations.Get(annotationRollback), 10, 64)
	return revision, err == nil
}
