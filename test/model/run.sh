#!/bin/sh
# run.sh [ALL=1] - the model: small configurations to the end, and rules broken that it must notice.
# ALL adds the larger ones and the walks. Run from the top of the tree.
for argument in "$@"; do
	case $argument in
		ALL=*) eval "$argument" ;;
		*) echo "run.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
mkdir -p build
${CC:-gcc} -O2 -std=gnu11 -Wall -Wextra test/model/model.c -o build/model || exit 1
failed=0

safe() {
	if answer=$(build/model "$@"); then
		echo "ok model $*: $answer"
	else
		echo "not ok model $*"
		echo "$answer"
		failed=1
	fi
}

unsafe() {
	answer=$(build/model "$@")
	if [ $? -eq 1 ]; then
		echo "ok model $*: $(echo "$answer" | head -1)"
	else
		echo "not ok model $* noticed nothing: $answer"
		failed=1
	fi
}

safe bfs 4 2 1
safe bfs 5 2 1
unsafe bfs 5 2 1 two_f_plus_one
for rule in commit_after_leaving lock_forgotten enter_twice prepares_forgotten base_ignored \
	new_view_one_less; do
	unsafe bfs 4 2 1 $rule
done
if [ -n "$ALL" ]; then
	safe bfs 6 2 1
	safe bfs 4 3 1
	safe bfs 4 2 2
	unsafe bfs 6 2 1 two_f_plus_one
	for rule in rank_by_height prepare_ancestors commits_over_views; do
		unsafe walk 4 3 2 120 $rule
	done
	safe walk 4 4 3 60
fi
exit $failed
