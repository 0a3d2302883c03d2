# 400_contract_compilers: gcc and clang, without and with optimisation, make the same bytecode from the
# same sources, and the machine they make gives the same results and the same gas. A difference would
# be two members that disagree about a block.
use strict;
use warnings;
use Test::More;

my @compilers = grep { system("command -v $_ >/dev/null 2>&1") == 0 } qw(gcc clang-14);
is_deeply(\@compilers, [qw(gcc clang-14)], 'both compilers are here');

my @sources = (grep({ !/_pg\.c$/ } glob 'src/contract/*.c'), glob 'src/base/*.c');
my $libraries = '-lcbor -lsodium -lsecp256k1 -lcrypto';
my %digests;

mkdir 'build/compilers';
foreach my $compiler (@compilers)
{
	foreach my $level (qw(-O0 -O2))
	{
		my $program = "build/compilers/contract_$compiler$level";
		my $built = system("$compiler -std=gnu11 $level -Isrc -Itest "
			. "test/unit/contract_differential.c @sources $libraries -o $program") == 0;
		my $output = $built ? `ACS_PROGRAMS=3000 ACS_SEED=7 $program` : '';
		like($output, qr/^ok 1 /m, "$compiler $level: the walker agrees");
		my ($digest) = $output =~ /^# (3000 programs.* digest [0-9a-f]{64})$/m;
		push @{ $digests{ $digest // 'none' } }, "$compiler $level" ;
	}
}
is(scalar(keys %digests), 1, 'one outcome of 3,000 programs, whoever compiles')
	or diag(explain(\%digests));
done_testing();
