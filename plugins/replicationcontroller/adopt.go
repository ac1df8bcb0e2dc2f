// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// claimPods returns the active pods of rc, after adopting and releasing. All
// pods are tried even if one fails, but then nothing more is done: who counts
// the wrong pods creates or deletes the wrong number. doubt says that a write
// may have succeeded of which the cache does not know yet.
func claimPods(ctx context.Context, rc *ReplicationController, doubt bool) ([]*Pod, error) {
	found, err := candidates(ctx, rc, doubt)
	if err != nil {
		return nil, err
	}
	var claimed []*Pod
	var failures []error
	adopter := adopter{rc: rc}
	for i := range found {
		p := &found[i]
		if !p.active() {
			continue
		}
		switch judge(rc, p) {
		case claimKeep:
			claimed = append(claimed, p)
		case claimAdopt:
			if adopted, err := adopter.adopt(ctx, p); err != nil {
				failures = append(failures, err)
			} else if adopted {
				claimed = append(claimed, p)
			}
		case claimRelease:
			failures = append(failures, release(ctx, rc, p))
		}
	}
	return claimed, errors.Join(failures...)
}

// candidates returns the pods that rc owns and the orphans that its selector
// matches. In doubt it asks the API server for all pods that the selector
// matches; owned ones that it does not match can wait.
func candidates(ctx context.Context, rc *ReplicationController, doubt bool) ([]Pod, error) {
	namespace, matching := sdk.InNamespace(rc.Namespace), sdk.MatchingLabels(rc.selector())
	selective := len(rc.selector()) > 0
	if doubt && selective {
		return pods.List(ctx, namespace, matching, sdk.Live())
	}
	owned, err := pods.List(ctx, namespace, sdk.OwnedBy(rc))
	if err != nil || rc.Deleting() || !selective {
		return owned, err
	}
	orphans, err := pods.List(ctx, namespace, sdk.Orphans(), matching)
	return append(owned, orphans...), err
}

// adopter adopts pods for one replication controller.
type adopter struct {
	rc      *ReplicationController
	checked bool
	refusal error
}

// adopt makes the replication controller the owner of a pod and reports
// whether it is. A pod that has vanished is no error.
func (a *adopter) adopt(ctx context.Context, p *Pod) (bool, error) {
	if !a.checked {
		a.refusal, a.checked = a.check(ctx), true
	}
	if a.refusal != nil {
		return false, &claimError{"adopt", p.Name, a.refusal}
	}
	_, err := pods.Patch(ctx, p, ownersPatch(sdk.ControllerRef(a.rc, controllers)), sdk.PreconditionUID(p.UID))
	if err != nil && !vanished(err) {
		return false, &claimError{"adopt", p.Name, err}
	}
	return err == nil, nil
}

var (
	errReplaced = errors.New("the replication controller was replaced by another one of its name")
	errDeleted  = errors.New("the replication controller has been deleted")
)

// check asks the API server itself whether the replication controller lives:
// adopting for one that was deleted in the meantime would give the pod to the
// garbage collector.
func (a *adopter) check(ctx context.Context) error {
	live, err := controllers.Get(ctx, a.rc.Key(), sdk.Live())
	switch {
	case err != nil:
		return err
	case live.UID != a.rc.UID:
		return errReplaced
	case live.Deleting():
		return errDeleted
	}
	return nil
}

// release removes the replication controller from the owners of a pod. A pod
// that has vanished, or that has no such owner any more, is no error.
func release(ctx context.Context, rc *ReplicationController, p *Pod) error {
	change := ownersPatch(map[string]string{"$patch": "delete", "uid": rc.UID})
	_, err := pods.Patch(ctx, p, change, sdk.PreconditionUID(p.UID))
	if err == nil || vanished(err) || sdk.IsInvalid(err) {
		return nil
	}
	return &claimError{"release", p.Name, err}
}

// ownersPatch changes one entry of the owner references, which the strategic
// merge finds by its uid, and leaves other owners alone.
func ownersPatch(entry any) sdk.Patch {
	return sdk.StrategicPatch(map[string]any{
		"metadata": map[string]any{"ownerReferences": []any{entry}},
	})
}

// claimError is why a pod could not be adopted or released. It is no use of
// package fmt, which would make the module a tenth larger.
type claimError struct {
	verb  string
	pod   string
	cause error
}

// Error names what was attempted and the cause.
func (e *claimError) Error() string { return e.verb + " pod " + e.pod + ": " + e.cause.Error() }

// Unwrap returns the cause.
func (e *claimError) Unwrap() error { return e.cause }
