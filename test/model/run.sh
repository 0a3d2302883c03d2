#!/bin/sh
# run.sh [ALL=1] - the models: small configurations to the end, and rules broken that they must
# notice. model.c has the voting rules, resume.c restored backups, REJOIN and RESUME. ALL adds the
# larger ones and the walks. Run from the top of the tree.
for argument in "$@"; do
	case $argument in
		ALL=*) eval "$argument" ;;
		*) echo "run.sh: unknown argument $argument" >&2; exit 2 ;;
	esac
done
mkdir -p build
for name in model resume; do
	${CC:-gcc} -O3 -std=gnu11 -Wall -Wextra test/model/$name.c -o build/$name || exit 1
done
failed=0

# safe MODEL ARGUMENTS...: every state is, and all were seen
safe() {
	if answer=$(build/"$@"); then
		echo "ok $*: $answer"
	else
		echo "not ok $*"
		echo "$answer"
		failed=1
	fi
}

# unsafe MODEL ARGUMENTS... RULE: with that rule broken a state is not
unsafe() {
	answer=$(build/"$@")
	if [ $? -eq 1 ]; then
		echo "ok $*: $(echo "$answer" | head -1)"
	else
		echo "not ok $* noticed nothing: $answer"
		failed=1
	fi
}

safe model bfs 4 2 1
safe model bfs 5 2 1
unsafe model bfs 5 2 1 two_f_plus_one
for rule in commit_after_leaving lock_forgotten enter_twice prepares_forgotten base_ignored \
	new_view_one_less; do
	unsafe model bfs 4 2 1 $rule
done
safe resume bfs V 4 1
safe resume bfs VE 4 1
safe resume bfs vR 4 0
unsafe resume bfs VV 4 1 votes_on
unsafe resume bfs VE 4 1 unfenced_by_certificate
unsafe resume bfs vR 4 2 claims_intact
unsafe resume bfs vR 4 2 no_sentence
unsafe resume bfs vR 5 0 two_f_plus_one
unsafe resume walk vRR 4 0 60 document_is_final
unsafe resume walk vRR 4 1 60 older_tip
if [ -n "$ALL" ]; then
	safe model bfs 6 2 1
	safe model bfs 4 3 1
	safe model bfs 4 2 2
	unsafe model bfs 6 2 1 two_f_plus_one
	for rule in rank_by_height prepare_ancestors commits_over_views; do
		unsafe model walk 4 3 2 120 $rule
	done
	safe model walk 4 4 3 60
	safe resume bfs vR 4 1
	safe resume bfs vR 4 2
	safe resume bfs VR 4 0
	safe resume bfs VER 4 0
	safe resume bfs vER 4 1
	safe resume bfs vR 5 1
	unsafe resume bfs vR 4 1 enter_without_tip
	unsafe resume bfs VER 4 0 old_epochs_open
	unsafe resume walk VRV 4 0 240 rank_without_resume
	unsafe resume walk vRR 4 2 240 fenced_by_start
fi
exit $failed
