// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// checkNamespaces checks that there are those that are wanted, and that each
// has what every namespace has.
func (v *verdict) checkNamespaces() {
	there, has := map[string]bool{}, map[string]bool{}
	for _, o := range v.All {
		has[o.Resource+" "+o.Namespace+"/"+o.Name] = true
	}
	for i := range v.Namespaces {
		n := &v.Namespaces[i]
		there[n.Name] = true
		if !v.wishes.Namespaces[n.Name] {
			v.blame("namespace %s is there (%s), and was deleted: %q", n.Name, n.Status.Phase, remaining(n))
			continue
		}
		for _, key := range []string{"serviceaccounts " + n.Name + "/default", "configmaps " + n.Name + "/kube-root-ca.crt"} {
			if !has[key] {
				v.blame("%s is missing", key)
			}
		}
	}
	for name := range v.wishes.Namespaces {
		if !there[name] {
			v.blame("namespace %s is missing", name)
		}
	}
}

// remaining is what a namespace says of why it is still there.
func remaining(n *corev1.Namespace) []string {
	var messages []string
	for _, c := range n.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			messages = append(messages, c.Message)
		}
	}
	return messages
}

// checkOwners checks of everything that it stands in a namespace that is there,
// is not being deleted, was not deleted before, has no finalizer left, and that
// all of its owners are there.
func (v *verdict) checkOwners() {
	there, names := map[types.UID]bool{}, map[string]bool{}
	for _, o := range v.All {
		there[o.UID] = true
	}
	for i := range v.Namespaces {
		names[v.Namespaces[i].Name] = true
	}
	for _, o := range v.All {
		who := o.Resource + " " + o.Namespace + "/" + o.Name
		if !names[o.Namespace] {
			v.blame("%s is there, and its namespace is not", who)
		}
		if o.DeletionTimestamp != nil {
			v.blame("%s is being deleted since %s, with the finalizers %v", who, o.DeletionTimestamp.UTC().Format("15:04:05"), o.Finalizers)
		} else if left := slices.DeleteFunc(slices.Clone(o.Finalizers), lasting); len(left) > 0 {
			v.blame("%s has the finalizers %v", who, left)
		}
		if key, deleted := v.wishes.Deleted[o.UID]; deleted {
			v.blame("%s is there, and was deleted as %s", who, key)
		}
		for _, owner := range o.OwnerReferences {
			if !there[owner.UID] {
				v.blame("%s is there, and its owner %s %s is not", who, owner.Kind, owner.Name)
			}
		}
	}
}

// lasting tells whether a finalizer stays as long as its object lives.
func lasting(finalizer string) bool {
	return finalizer == "service.kubernetes.io/load-balancer-cleanup"
}
